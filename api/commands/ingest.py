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

from api.client import connect
from api.commands.files import find_files
from api.commands.options import Collection, Json, Url, print_json
from api.commands.taking_in import Outcome, take_in
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
    files = find_files(paths)
    with connect(settings, url) as client:
        outcomes = take_in(client, files, collection, show_progress=not as_json)
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
    else:
        print_outcomes(outcomes)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Prints how many were taken in, and a table of those that were not, with the reason."""
    console = Console()
    missing = [outcome for outcome in outcomes if outcome.error]
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
