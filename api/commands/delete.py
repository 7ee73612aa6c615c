"""``citewell delete``: deletes, and shows the receipt."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.client import Client, JsonObject, connect
from api.commands.options import Json, Url, print_json
from api.schemas.receipts import ReceiptState
from rag.errors import ConfigurationError
from rag.settings import load_settings

_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 300.0
_PLACES = {
    "vectors": "Vectors",
    "text_index": "Text index",
    "extracted_text": "Extracted text",
    "caches": "Caches",
    "original": "Original",
}


def delete(
    document_id: Annotated[str | None, typer.Argument(help="The document's id.")] = None,
    collection: Annotated[str | None, typer.Option(help="A whole collection instead.")] = None,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Delete a document or a collection: invisible at once, and the receipt is shown when all of it is purged."""
    if (document_id is None) == (collection is None):
        raise ConfigurationError("Name either a document's id or a --collection.")
    path = (
        f"/v1/documents/{quote(document_id, safe='')}" if document_id else f"/v1/collections/{quote(collection or '')}"
    )
    with connect(load_settings(), url) as client:
        receipt = _purged(client, client.request("DELETE", path))
    if as_json:
        print_json(receipt)
    else:
        _print(receipt)
    if receipt["state"] != ReceiptState.PURGED:
        raise typer.Exit(1)


def _purged(client: Client, receipt: JsonObject) -> JsonObject:
    """Waits for the purge; where no worker runs it may be long in coming, and the receipt is returned as it stands."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while receipt["state"] != ReceiptState.PURGED and time.monotonic() < give_up_at:
        time.sleep(_POLL_SECONDS)
        receipt = client.request("GET", f"/v1/receipts/{receipt['id']}")
    return receipt


def _print(receipt: JsonObject) -> None:
    console = Console()
    title = f"The {receipt['kind']} '{escape(receipt['name'])}' is deleted; receipt {receipt['id']}, {receipt['state']}"
    console.print(title, highlight=False)
    table = Table("Document", "Passages", *_PLACES.values())
    for version in receipt["versions"]:
        times = [_time_of_day(version[f"{place}_purged_at"]) for place in _PLACES]
        if version["original_kept_for_others"]:
            times[-1] = "kept: others have it"
        table.add_row(escape(version["name"]), str(version["chunks"]), *times)
    console.print(table)


def _time_of_day(moment: str | None) -> str:
    """An hour of UTC is enough: the purge follows the delete, whose day the receipt tells."""
    return datetime.fromisoformat(moment).strftime("%H:%M:%S") if moment else "not yet"
