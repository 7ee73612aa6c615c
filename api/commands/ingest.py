"""``citewell ingest``: takes documents in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.client import connect
from api.commands.shared.files import find_files
from api.commands.shared.options import Collection, Json, Url, print_json
from api.commands.shared.uploads import Outcome, skipped_of, skipped_words, take_in
from rag.settings import load_settings


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    collection: Collection = "default",
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Take documents in, and wait until each can be searched or is refused with its reason."""
    settings = load_settings()
    found = find_files(paths)
    outcomes: list[Outcome] = []
    if found.files:
        with connect(settings, url) as client:
            outcomes = take_in(client, found.files, collection, show_progress=not as_json)
    skipped = [*found.skipped, *skipped_of(outcomes)]
    if as_json:
        left_out = [
            Outcome(
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
        print_json([asdict(outcome) for outcome in (*outcomes, *left_out)])
    else:
        print_outcomes([outcome for outcome in outcomes if not outcome.skipped])
        if skipped:
            Console().print(escape(skipped_words(skipped)), highlight=False)
    if any(outcome.has_failed for outcome in outcomes):
        raise typer.Exit(1)


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Prints how many were taken in, and a table of those that were not, with the reason."""
    console = Console()
    missing = [outcome for outcome in outcomes if outcome.has_failed]
    cancelled = sum(outcome.was_cancelled for outcome in missing)
    chunks = sum(outcome.chunks for outcome in outcomes)
    apart = f"; {cancelled} were cancelled" if cancelled else ""
    console.print(
        f"{len(outcomes) - len(missing)} of {len(outcomes)} documents can be searched ({chunks} passages){apart}."
    )
    for outcome in outcomes:
        if outcome.note:
            console.print(f"{outcome.path} {outcome.note}.", highlight=False, markup=False)
    if missing:
        table = Table(title="Not taken in", title_justify="left", show_lines=True)
        table.add_column("File", overflow="fold", ratio=1)
        table.add_column("Reason", ratio=2)
        for outcome in missing:
            table.add_row(escape(outcome.path), escape(outcome.error or ""))
        console.print(table)
