from pathlib import Path

import pytest

from evals.datasets.questions import EvalQuestion
from evals.datasets.readers.stored import StoredDatasets
from rag.errors import UnknownDatasetError
from rag.settings import Settings, StorageSettings

QUESTIONS = (EvalQuestion(id="q1", question="Why?"),)


def stored(folder: Path, tenant: str) -> StoredDatasets:
    return StoredDatasets.of(Settings(storage=StorageSettings(folder=folder)), tenant)


def test_a_dataset_is_its_tenants_own(tmp_path: Path) -> None:
    stored(tmp_path, "default").store("mine", QUESTIONS, replace=False)
    stored(tmp_path, "../other").store("theirs", QUESTIONS, replace=False)
    assert stored(tmp_path, "default").names() == ("sample", "challenge", "mine")
    assert stored(tmp_path, "../other").names() == ("sample", "challenge", "theirs")
    with pytest.raises(UnknownDatasetError):
        stored(tmp_path, "default").dataset("theirs")
    assert not (tmp_path.parent / "other").exists()


def test_a_sample_is_asked_without_its_documents(tmp_path: Path) -> None:
    sample = stored(tmp_path, "default").dataset("sample")
    assert sample.questions
    assert (sample.files, sample.chunks) == ((), ())
