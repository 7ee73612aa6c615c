"""``citewell eval parsing``: how well documents are read."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.commands.options import DATA, Data
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.options import Json
from rag.terminal.output import Styled, print_json, print_table, progress_bars, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.parsing.report import FileScores, Summary

_FOLDER = "A folder of documents; the ground truth of name.ext is name.ext.md. Default: docs in the folder of --data."
_AGAINST = "Other readers, each installed in an environment of its own: markitdown, pdfplumber, unstructured."
_NONE = "—"


def parsing(
    folder: Annotated[Path | None, typer.Argument(metavar="FOLDER", help=_FOLDER)] = None,
    data: Data = DATA,
    against: Annotated[str, typer.Option(help=_AGAINST)] = "",
    *,
    truth_only: Annotated[bool, typer.Option("--truth-only", help="Leave files without ground truth out.")] = False,
    as_json: Json = False,
) -> None:
    """Measure how well documents are read.

    Words, their order and table cells against ground truth, pages a second of processor time, and the warnings of
    every file, also without ground truth.
    """
    if find_spec("rapidfuzz") is None:
        raise ConfigurationError(
            "RapidFuzz, which compares texts, is not installed: run 'make evals', or pip install 'citewell[evals]'."
        )
    from evals.parsing.readers import Readers
    from evals.parsing.report import measure, summaries
    from evals.parsing.truth import find_documents

    chosen = folder or data / "docs"
    documents = [each for each in find_documents(chosen) if each.truth or not truth_only]
    if not documents:
        raise ConfigurationError(f"{chosen.absolute()} holds no documents. Name a folder that does.")
    peers = tuple(filter(None, (name.strip() for name in against.split(","))))
    with progress_bars(shown=not as_json) as report_progress, Readers(load_settings(), peers) as readers:
        measured = measure(documents, chosen, readers, on_progress=report_progress)
    if as_json:
        found = [each.to_json() for each in summaries(measured)]
        print_json({"files": [each.to_json() for each in measured], "summaries": found})
        return
    _print_files([each for each in measured if each.reader == readers.citewell.name])
    _print_summaries(summaries(measured))


def _print_files(files: Sequence[FileScores]) -> None:
    known = [each for each in files if each.is_known]
    rows = [
        (
            each.file,
            f"{each.words_read:,}",
            _NONE if each.words_held is None else f"{each.words_held:,}",
            *(_shown(getattr(each.scores, name, None)) for name in ("recall", "precision", "order", "cells")),
            "; ".join((*filter(None, [each.error]), *each.warnings)),
        )
        for each in known
    ]
    heads = ("File", "Words", "Held", "Recall", "Precision", "Order", "Cells", "Warnings")
    print_table(heads, rows, title="Citewell, file by file", right=heads[1:7])
    if len(known) < len(files):
        say(f"Of types that are not read: {len(files) - len(known):,} of {len(files):,} files.")


def _print_summaries(found: Sequence[Summary]) -> None:
    from evals.parsing.report import MEASURES

    if not found:
        say("No file has ground truth, so nothing was compared.")
        return
    rows: list[Sequence[Styled]] = [
        (
            each.format,
            each.reader,
            f"{each.files:,}" if each.files else _NONE,
            *(_shown(each.means[name]) for name in MEASURES),
            _NONE if each.pages_per_second is None else f"{each.pages_per_second:,.1f}",
        )
        for each in found
    ]
    heads = ("Format", "Reader", "Files", *(name.capitalize() for name in MEASURES), "Pages/s")
    print_table(heads, rows, title="Means over the files with ground truth", right=heads[2:])


def _shown(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"
