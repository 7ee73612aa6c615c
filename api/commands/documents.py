"""``citewell documents``: what there is, with the ids that other commands and calls take."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.client import connect
from api.commands.shared.options import Json, Url, print_json
from rag.settings import load_settings


def documents(
    collection: Annotated[str | None, typer.Option(help="Only those of this collection.")] = None,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """List the documents, those changed last first."""
    with connect(load_settings(), url) as client:
        found = sorted(
            client.listed("/v1/documents", collection=collection or None),
            key=lambda document: str(document["updated_at"]),
            reverse=True,
        )
    if as_json:
        print_json(found)
        return
    table = Table()
    for heading, ratio in (("Document", 4), ("Collection", 2), ("State", 2)):
        table.add_column(heading, overflow="fold", ratio=ratio)
    table.add_column("Id", no_wrap=True)
    for document in found:
        state = f"{document['state']}, v{document['version_number']}"
        table.add_row(escape(document["name"]), escape(document["collection"]), state, document["id"])
    Console().print(table)
