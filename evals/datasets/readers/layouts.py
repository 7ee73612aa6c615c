"""One's own files in the layouts of the public sets."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from evals.datasets.dataset import Dataset
from evals.datasets.questions import read_questions
from evals.datasets.readers.beir import read_beir
from evals.datasets.readers.catalogue import any_article, of_retrieval_set, of_squad
from evals.datasets.readers.financebench import read_financebench
from evals.datasets.readers.hotpotqa import read_hotpotqa
from evals.datasets.readers.squad import read_squad
from rag.errors import ConfigurationError


class Layout(StrEnum):
    """How files of questions and documents are laid out."""

    BEIR = "beir"
    SQUAD = "squad"
    HOTPOTQA = "hotpotqa"
    FINANCEBENCH = "financebench"
    JSONL = "jsonl"


def read_layout(layout: Layout, path: Path) -> Dataset:
    """Reads a file (squad, jsonl) or a folder (the others).

    Raises:
        ConfigurationError: it is not in this layout.
    """
    try:
        return _READERS[layout](path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} is not in the layout {layout}: {error!r}.") from error


_READERS: dict[Layout, Callable[[Path], Dataset]] = {
    Layout.BEIR: lambda folder: of_retrieval_set(read_beir(folder)),
    Layout.SQUAD: lambda file: of_squad(file.stem, read_squad(file), chosen=any_article, language="en"),
    Layout.HOTPOTQA: lambda folder: of_retrieval_set(read_hotpotqa(folder)),
    Layout.FINANCEBENCH: lambda folder: of_retrieval_set(read_financebench(folder)),
    Layout.JSONL: lambda file: Dataset(name=file.stem, questions=read_questions(file)),
}
