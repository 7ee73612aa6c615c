from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from rag.settings import (
    EncoderSettings,
    IngestionSettings,
    LimitSettings,
    ServerSettings,
    Settings,
    StorageSettings,
)
from tests.support.servers.service import running_client, wait_for_job

HANDBOOK = """# Handbook

## Vacation

Full-time employees get 30 days of vacation a year. Part-time employees get 18 days.

## Expenses

Expenses are handed in within 30 days of the end of the trip. Business class is not refunded.
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"),
        ingestion=IngestionSettings(max_upload_bytes=1_000_000),
        limits=LimitSettings(question_characters=2_000),
        server=ServerSettings(allowed_hosts=("localhost",)),
        encoder=EncoderSettings(allowed_models=("/no/such/model", *_minilm_folders())),
    )


def _minilm_folders() -> tuple[str, ...]:
    """Returns the model's folder for sentence-transformers, where that library is installed."""
    if find_spec("sentence_transformers") is None:
        return ()
    from tests.support.models import minilm_folder  # noqa: PLC0415 - only where the library is

    return (str(minilm_folder()),)


@pytest.fixture(scope="module")
def client(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock") as http:
        yield http


@pytest.fixture(scope="module")
def handbook(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a document that is ready in the default collection."""
    path = Path(tmp_path_factory.mktemp("files") / "handbook.md")
    path.write_text(HANDBOOK)
    with path.open("rb") as content:
        answer = client.post("/v1/documents", files={"file": ("handbook.md", content)})
    assert answer.status_code == 202, answer.text
    assert wait_for_job(client, answer.json()["job"]["id"])["state"] == "succeeded"
    return str(answer.json()["document"]["id"])
