"""Options of the commands that call a service."""

from __future__ import annotations

from typing import Annotated

import typer

Url = Annotated[
    str | None,
    typer.Option(envvar="CITEWELL_URL", help="A running service; else the one that owns the data folder, or none."),
]
Collection = Annotated[str, typer.Option(help="The collection.")]
