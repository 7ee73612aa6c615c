"""``citewell documents``: lists documents with the ids that other commands and calls take."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.commands.shared.client import connect
from api.commands.shared.options import Filter, Tag, Url, filter_of
from rag.settings import load_settings
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table


def documents(
    collection: Annotated[str | None, typer.Option(help="Only those of this collection.")] = None,
    url: Url = None,
    *,
    chosen: Filter = "",
    tags: Tag = [],  # noqa: B006 - typer's way to say that none is needed
    as_json: Json = False,
) -> None:
    """List the documents, those changed last first."""
    narrowed = filter_of(chosen, tags)
    with connect(load_settings(), url, reads_only=True) as client:
        found = sorted(
            client.listed(
                "/v1/documents", collection=collection or None, filter=json.dumps(narrowed) if narrowed else None
            ),
            key=lambda document: str(document["updated_at"]),
            reverse=True,
        )
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each["name"],
            each["collection"],
            f"{each['state']}, v{each['version_number']}",
            ", ".join(each["tags"]),
            each["id"],
        )
        for each in found
    ]
    print_table(("Document", "Collection", "State", "Tags", "Id"), rows, whole=("State", "Id"))
