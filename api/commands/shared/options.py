"""Options that commands share, and how they show what they do."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Url = Annotated[
    str | None,
    typer.Option(envvar="CITEWELL_URL", help="A running service; else the one that owns the data folder, or none."),
]
Collection = Annotated[str, typer.Option(help="The collection.")]


def print_json(value: object) -> None:
    """Prints a value for a program to read."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def progress_bars(*, shown: bool) -> Progress:
    """Returns bars on standard error, so that what a command prints stays clean."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not shown,
    )
