"""Options of the commands that call a service."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from rag.errors import ConfigurationError

Url = Annotated[
    str | None,
    typer.Option(envvar="CITEWELL_URL", help="A running service; else the one that owns the data folder, or none."),
]
Filter = Annotated[
    str,
    typer.Option(
        "--filter",
        metavar="JSON",
        help='Only these documents, such as \'{"tags": {"any": ["contract"]}, "fields": {"year": {"from": 2020}}}\'.',
    ),
]
Tag = Annotated[list[str], typer.Option("--tag", help="Only documents with this tag; repeatable: with all of them.")]
Collection = Annotated[str, typer.Option(help="The collection.")]


def filter_of(text: str, tags: Sequence[str] = ()) -> dict[str, Any]:
    """Returns the filter that the options name, as the service takes it.

    Raises:
        ConfigurationError: it is no JSON object.
    """
    try:
        found: Any = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError('--filter needs a JSON object in quotes, such as \'{"tags": {"any": ["contract"]}}\'.')
    if tags:
        among = found.get("tags")
        others: dict[str, Any] = among if isinstance(among, dict) else {}
        found["tags"] = {**others, "all": [*others.get("all", []), *tags]}
    return found
