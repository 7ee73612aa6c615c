"""``citewell ingest``: uploads files and waits for their jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.commands.shared.client import connect
from api.commands.shared.files import find_files
from api.commands.shared.options import Collection, Url
from api.commands.shared.uploads import (
    INCOMPLETE,
    UploadResult,
    refused_if_incomplete,
    skipped_of,
    skipped_words,
    upload_files,
)
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json
from rag.terminal.output import note, print_json, print_table, say


def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files or folders.")],
    collection: Collection = "default",
    url: Url = None,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count a document as failed if something in it was not read.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take documents in, and wait until they can be searched.

    Files that are refused are listed with the reason; the exit status is then 1. What was not read of the others is
    listed, too.
    """
    settings = load_settings()
    found = find_files(paths)
    results: list[UploadResult] = []
    if found.files:
        with connect(settings, url) as client:
            results = upload_files(client, found.files, collection, show_progress=not as_json)
    if strict:
        results = [refused_if_incomplete(result) for result in results]
    skipped = [*found.skipped, *skipped_of(results)]
    if as_json:
        left_out = [
            UploadResult(
                path=str(entry.path),
                name=entry.name,
                document_id=None,
                chunks=0,
                code="skipped",
                error=entry.reason,
                skipped=True,
            )
            for entry in found.skipped
        ]
        print_json([asdict(result) for result in (*results, *left_out)])
    else:
        _print_results([result for result in results if not result.skipped])
        if skipped:
            note(skipped_words(skipped))
    if any(result.has_failed for result in results):
        raise typer.Exit(ExitStatus.FAILED)


def _print_results(results: Sequence[UploadResult]) -> None:
    """Prints how many documents can be searched, and a table of the others with the reasons."""
    missing = [result for result in results if result.has_failed]
    cancelled = sum(result.was_cancelled for result in missing)
    chunks = sum(result.chunks for result in results)
    apart = f"; {cancelled} were cancelled" if cancelled else ""
    whole = sum(not result.has_failed or result.code == INCOMPLETE for result in results)
    say(f"{whole} of {len(results)} documents can be searched ({chunks} passages){apart}.")
    for result in results:
        if result.note:
            say(f"{result.path} {result.note}.")
    if missing:
        rows = [(result.path, result.error or "") for result in missing]
        print_table(
            ("File", "Reason"),
            rows,
            title="Not taken in as wanted" if any(result.code == INCOMPLETE for result in missing) else "Not taken in",
        )
    warned = [(result.path, warning) for result in results if not result.has_failed for warning in result.warnings]
    if warned:
        print_table(("File", "Warning"), warned, title="Read with warnings")
