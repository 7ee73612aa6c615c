"""Options that commands share."""

from __future__ import annotations

import json
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Url = Annotated[
    str | None,
    typer.Option(envvar="CITEWELL_URL", help="A running service; else the one that owns the data folder, or none."),
]
Collection = Annotated[str, typer.Option(help="The collection.")]


def print_json(value: object) -> None:
    """Prints a value for a program to read."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
