"""``citewell delete`` and ``citewell receipt``: deletes, and shows from where a delete has removed what."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import typer

from api.commands.shared.client import Client, JsonObject, connect
from api.commands.shared.documents import document_named
from api.commands.shared.options import Url
from api.schemas.receipts import ReceiptState
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json, Yes
from rag.terminal.output import confirmed, note, print_json, print_table, say

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
    document: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The document's name, its file name alone, or its id.")
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="The collection that holds the document; without a NAME all of it is deleted.")
    ] = None,
    url: Url = None,
    *,
    yes: Yes = False,
    until_erased: Annotated[bool, typer.Option(help="Wait until the index's files hold none of its bytes.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a document or a collection.

    It is invisible at once. The receipt is shown when all of it is purged; the exit status is 1 if that takes more
    than five minutes.
    """
    if document is None and collection is None:
        raise ConfigurationError("Name a document, or a whole collection with --collection.")
    with connect(load_settings(), url) as client:
        path, question = _document(client, document, collection) if document else _collection(client, collection or "")
        if not confirmed(question, yes=yes):
            note("Nothing was deleted.")
            raise typer.Exit(ExitStatus.FAILED)
        shown = _wait(client, client.request("DELETE", path), until_erased=until_erased)
    _show(shown, as_json=as_json)
    if not _is_done(shown, until_erased=until_erased):
        raise typer.Exit(ExitStatus.FAILED)


def receipt(
    receipt_id: Annotated[str, typer.Argument(metavar="RECEIPT", help="Its id, as 'citewell delete' shows it.")],
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what a delete has removed from where, and when."""
    with connect(load_settings(), url, reads_only=True) as client:
        shown = client.request("GET", f"/v1/receipts/{quote(receipt_id, safe='')}")
    _show(shown, as_json=as_json)


def _document(client: Client, named: str, collection: str | None) -> tuple[str, str]:
    """Returns the path of the document that is named, and the question whether to delete it."""
    found = document_named(client, named, collection)
    path = f"/v1/documents/{found['id']}"
    versions = len(client.request("GET", f"{path}/versions")["versions"])
    their = f"its {versions} versions" if versions > 1 else "its one version"
    return path, f"Delete {found['name']} of the collection '{found['collection']}' and {their}?"


def _collection(client: Client, name: str) -> tuple[str, str]:
    documents = sum(1 for _ in client.listed("/v1/documents", collection=name))
    return f"/v1/collections/{quote(name, safe='')}", f"Delete the collection '{name}' and its {documents} documents?"


def _wait(client: Client, receipt: JsonObject, *, until_erased: bool) -> JsonObject:
    """Waits for a worker to purge, and returns the receipt as it then is, or as it is after the longest wait."""
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
    say(f"The {receipt['kind']} '{receipt['name']}' is deleted; receipt {receipt['id']}, {receipt['state']}")
    rows = [(version["name"], str(version["chunks"]), *_times(version)) for version in receipt["versions"]]
    if rows:
        print_table(("Document", "Passages", *_PLACES.values()), rows, title="Removed at (UTC)")
    else:
        say("It held no documents.")
    if receipt["index_files_erased_at"] is None:
        note(
            "Nothing can reach it any more. The index's files are rewritten without its bytes later; "
            f"'citewell receipt {receipt['id']}' shows when."
        )


def _times(version: JsonObject) -> list[str]:
    shown = {place: _time(version[place]) for place in _PLACES}
    if version["original_kept_for_others"]:
        shown["original_purged_at"] = "kept: another document has the same bytes"
    return list(shown.values())


def _time(time: str | None) -> str:
    return datetime.fromisoformat(time).strftime("%Y-%m-%d %H:%M:%S") if time else "not yet"
