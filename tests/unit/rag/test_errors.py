from __future__ import annotations

import re

import pytest

from rag import errors
from rag.errors import CitewellError


def all_errors(base: type[CitewellError] = CitewellError) -> list[type[CitewellError]]:
    return [base, *(error for child in base.__subclasses__() for error in all_errors(child))]


OURS = [error for error in all_errors() if error.__module__ == errors.__name__]


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_every_class_has_a_code_of_its_own_in_one_form(error: type[CitewellError]) -> None:
    assert "code" in vars(error)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert [other for other in OURS if other.code == error.code] == [error]


def test_every_class_is_described_in_sentences_of_its_own() -> None:
    described = [error.__doc__ or "" for error in OURS]
    assert all(text.endswith(".") for text in described)
    assert len(set(described)) == len(OURS)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (errors.ModelError("minilm", "it is damaged", remedy="Install it again."), "Install it again."),
        (errors.FolderInUseError("data", "process 7"), "CITEWELL_STORAGE__FOLDER"),
        (errors.GeneratorError("qwen", "Connection error."), "failed: Connection error. Check its server"),
        (errors.UnknownCollectionError("x", ["manuals", "minutes"]), "There are: manuals, minutes"),
        (errors.UnknownCollectionError("x", []), "There are none yet"),
        (errors.QuestionTooLongError(characters=5_000, limit=4_000), "5,000 characters; the limit is 4,000"),
        (errors.DocumentTooLargeError("a.pdf", limit_bytes=100 * 1_048_576), "100 MiB"),
        (errors.UnknownTableError(4, name="a.csv", count=1), "It has 1 table."),
        (errors.UnknownTableError(4, name="a.csv", count=0), "It has no tables."),
        (errors.UnknownTableError(4, name="a.csv", count=0, kept=False), "citewell reindex --reparse"),
        (errors.GeneratorError("tiny", "no connection"), "CITEWELL_GENERATION__BACKEND=extractive"),
    ],
)
def test_a_message_says_what_to_do_next(error: CitewellError, remedy: str) -> None:
    assert remedy in str(error)
