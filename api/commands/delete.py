"""``citewell delete`` and ``citewell receipt``: deletes, and shows what of it is gone from where."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.client import Client, JsonObject, connect
from api.commands.shared.options import Json, Url, print_json
from api.schemas.receipts import ReceiptState
from rag.errors import ConfigurationError
from rag.settings import load_settings

_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 300.0
_PLACES = {
    "vectors_purged_at": "Index",  # the text index with it: both are one
    "extracted_text_purged_at": "Text",
    "caches_purged_at": "Caches",
    "original_purged_at": "Original",
    "index_files_erased_at": "Files",
}


def delete(
    document_id: Annotated[str | None, typer.Argument(help="The document's id.")] = None,
    collection: Annotated[str | None, typer.Option(help="A whole collection instead.")] = None,
    url: Url = None,
    *,
    until_erased: Annotated[bool, typer.Option(help="Wait until the index's files hold none of its bytes.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a document or a collection: invisible at once, and the receipt is shown when all of it is purged."""
    if (document_id is None) == (collection is None):
        raise ConfigurationError("Name either a document's id or a --collection.")
    path = (
        f"/v1/documents/{quote(document_id, safe='')}" if document_id else f"/v1/collections/{quote(collection or '')}"
    )
    with connect(load_settings(), url) as client:
        shown = _wait(client, client.request("DELETE", path), until_erased=until_erased)
    _show(shown, as_json=as_json)
    if not _is_done(shown, until_erased=until_erased):
        raise typer.Exit(1)


def receipt(
    receipt_id: Annotated[str, typer.Argument(help="The receipt's id, as 'citewell delete' shows it.")],
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what a delete has removed from where, and when."""
    with connect(load_settings(), url) as client:
        shown = client.request("GET", f"/v1/receipts/{quote(receipt_id, safe='')}")
    _show(shown, as_json=as_json)


def _wait(client: Client, receipt: JsonObject, *, until_erased: bool) -> JsonObject:
    """Waits for the worker; where none runs it may be long in coming, and the receipt is returned as it stands."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not _is_done(receipt, until_erased=until_erased) and time.monotonic() < give_up_at:
        time.sleep(_POLL_SECONDS)
        receipt = client.request("GET", f"/v1/receipts/{receipt['id']}")
    return receipt


def _is_done(receipt: JsonObject, *, until_erased: bool) -> bool:
    purged: bool = receipt["state"] == ReceiptState.PURGED
    return purged and (receipt["index_files_erased_at"] is not None or not until_erased)


def _show(receipt: JsonObject, *, as_json: bool) -> None:
    if as_json:
        print_json(receipt)
        return
    console = Console()
    title = f"The {receipt['kind']} '{escape(receipt['name'])}' is deleted; receipt {receipt['id']}, {receipt['state']}"
    console.print(title, highlight=False)
    table = Table("Document", "Passages", title="Gone from, since (UTC)")
    for place in _PLACES.values():
        table.add_column(place, no_wrap=True)
    for version in receipt["versions"]:
        times = {place: _time_of_day(version[place]) for place in _PLACES}
        if version["original_kept_for_others"]:
            times["original_purged_at"] = "others' too"
        table.add_row(escape(version["name"]), str(version["chunks"]), *times.values())
    console.print(table)
    if receipt["index_files_erased_at"] is None:
        console.print(
            "Nothing can reach it any more. The index's files are written anew without its bytes later; "
            f"'citewell receipt {receipt['id']}' shows when.",
            highlight=False,
        )


def _time_of_day(moment: str | None) -> str:
    """An hour of UTC is enough: the purge follows the delete, whose day the receipt tells."""
    return datetime.fromisoformat(moment).strftime("%H:%M:%S") if moment else "not yet"
