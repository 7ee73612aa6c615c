"""Reads the documents of a folder with Citewell and its peers, and scores them against their ground truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from evals.parsing.measures import Scores, score
from evals.parsing.readers import Reader, Reading
from evals.parsing.truth import Document, read_markdown

MEASURES = ("recall", "precision", "order", "cells", "neighbours")
ALL_FORMATS = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileScores:
    """What one reader made of one file. ``scores`` is None without ground truth, or if the format is not read.

    ``pages`` is 1 for a file without pages. ``words_held``: what the container holds, by a count of its own, with
    headers and what is hidden; None for a format that has no such count.
    """

    file: str
    format: str
    reader: str
    is_known: bool
    words_read: int
    words_held: int | None
    tables_read: int
    pages: int
    seconds: float
    scores: Scores | None
    warnings: tuple[str, ...]
    error: str

    def to_json(self) -> dict[str, Any]:
        """Returns the fields, rounded."""
        scores = {name: _rounded(value) for name, value in asdict(self.scores).items()} if self.scores else None
        return asdict(self) | {"scores": scores, "seconds": round(self.seconds, 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Means of one reader over the files of one format that have ground truth, each file counted once.

    A file that a reader failed at counts as 0. ``files`` is 0 and the means are None where it reads no such file, and
    the means of tables are None where it gives no tables.
    """

    format: str
    reader: str
    files: int
    means: dict[str, float | None]
    pages_per_second: float | None

    def to_json(self) -> dict[str, Any]:
        """Returns the fields, rounded."""
        means = {name: _rounded(value) for name, value in self.means.items()}
        return asdict(self) | {"means": means, "pages_per_second": _rounded(self.pages_per_second)}


def measure(
    documents: Sequence[Document],
    folder: Path,
    readers: Iterable[Reader],
    *,
    on_progress: Callable[[str, int, int | None], None],
) -> list[FileScores]:
    """Returns what each reader made of each file, the first reader's files first."""
    measured: list[FileScores] = []
    pages: dict[str, int] = {}  # as the first reader that tells them
    for reader in readers:
        for done, document in enumerate(documents, start=1):
            name = str(document.path.relative_to(folder))
            reading = reader.read(document.path)
            pages.setdefault(name, reading.page_count or 1)
            measured.append(_scored(document, name, reader.name, reading, pages[name]))
            on_progress(reader.name, done, len(documents))
    return measured


def _scored(document: Document, name: str, reader: str, reading: Reading, pages: int) -> FileScores:
    scores = None
    if document.truth and reading.content is not None:
        truth = read_markdown(document.truth.read_text("utf-8"))
        scores = score(reading.content, truth) if truth.words else None
    return FileScores(
        file=name,
        format=document.path.suffix.lower().lstrip("."),
        reader=reader,
        is_known=reading.content is not None,
        words_read=len(reading.content.words) if reading.content else 0,
        words_held=reading.words_held,
        tables_read=len(reading.content.tables or ()) if reading.content else 0,
        pages=pages,
        seconds=reading.seconds,
        scores=scores,
        warnings=reading.warnings,
        error=reading.error,
    )


def summaries(measured: Sequence[FileScores]) -> list[Summary]:
    """Returns the means by format and reader, and last those of all formats that a reader knows.

    A reader that finds no word in any file of a format does not know it.
    """
    scored = [each for each in measured if each.scores is not None]
    readers = list(dict.fromkeys(each.reader for each in measured))
    found: list[Summary] = []
    known: list[FileScores] = []
    for name in sorted({each.format for each in scored}):
        for reader in readers:
            files = [each for each in scored if (each.format, each.reader) == (name, reader)]
            if not any(each.words_read for each in files):
                files = []
            known += files
            found.append(_summary(name, reader, files))
    total = [_summary(ALL_FORMATS, reader, [each for each in known if each.reader == reader]) for reader in readers]
    return found + total if scored else []


def _summary(name: str, reader: str, files: Sequence[FileScores]) -> Summary:
    means: dict[str, float | None] = {}
    for measure_name in MEASURES:
        values = [getattr(each.scores, measure_name) for each in files]
        if measure_name in {"cells", "neighbours"} and not any(each.tables_read for each in files):
            values = []
        failed = [0.0 for each in files if not each.words_read and measure_name in {"precision", "order"}]
        given = [value for value in values if value is not None] + failed
        means[measure_name] = fmean(given) if given else None
    seconds = sum(each.seconds for each in files if each.words_read)
    pages = sum(each.pages for each in files if each.words_read)
    return Summary(
        format=name, reader=reader, files=len(files), means=means, pages_per_second=pages / seconds if seconds else None
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
