"""``citewell access``: shows, gives and takes rights of collections and documents, and explains them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from api.commands.shared.client import Client, JsonObject, connect
from api.commands.shared.documents import document_named
from api.commands.shared.options import Url
from rag.access.grants import Level, SubjectKind
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.lazy_group import LazyGroup, plain_app
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table, say

app = plain_app("Show, give and take the rights of collections and documents.", LazyGroup)

Document = Annotated[str | None, typer.Option(metavar="NAME", help="The document's name or its id.")]
Collection = Annotated[str | None, typer.Option(help="The collection, or the one that holds the document.")]
User = Annotated[str | None, typer.Option(help="The name of a user.")]
Group = Annotated[str | None, typer.Option(help="The name of a group.")]


@app.command()
def explain(
    user: Annotated[str, typer.Argument(help="The name of a user.")],
    document: Annotated[str, typer.Argument(metavar="NAME", help="The document's name or its id.")],
    collection: Collection = None,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Say why a user may read or change a document, or not."""
    with connect(load_settings(), url, reads_only=True) as client:
        asked = {"user": user, "document": document_named(client, document, collection)["id"]}
        found = client.request("GET", "/v1/access/explain", params=asked)
    if as_json:
        print_json(found)
    else:
        say(found["reason"])


@app.command()
def show(document: Document = None, collection: Collection = None, url: Url = None, *, as_json: Json = False) -> None:
    """Show who may read and change a collection or a document, beside owners."""
    _refuse_unnamed(document, collection)
    with connect(load_settings(), url, reads_only=True) as client:
        found = client.request("GET", _path(client, document, collection))
    _print(found, as_json=as_json)


@app.command()
def give(
    document: Document = None,
    collection: Collection = None,
    user: User = None,
    group: Group = None,
    level: Annotated[Level, typer.Option(help="What is allowed.")] = Level.READ,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Give a user or a group a right. From the first one on, only owners and those who have one reach it."""
    _refuse_unnamed(document, collection)
    subject = _subject(user, group)
    with connect(load_settings(), url) as client:
        path = _path(client, document, collection)
        others = _others(client.request("GET", path), subject)
        found = client.request("PUT", path, json={"grants": [*others, {**subject, "level": level.value}]})
    _print(found, as_json=as_json)


@app.command()
def take(
    document: Document = None,
    collection: Collection = None,
    user: User = None,
    group: Group = None,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Take a right. After the last one, all users reach a collection, and a document has those of its collection."""
    _refuse_unnamed(document, collection)
    subject = _subject(user, group)
    with connect(load_settings(), url) as client:
        path = _path(client, document, collection)
        found = client.request("PUT", path, json={"grants": _others(client.request("GET", path), subject)})
    _print(found, as_json=as_json)


def _path(client: Client, document: str | None, collection: str | None) -> str:
    if document is not None:
        return f"/v1/documents/{document_named(client, document, collection)['id']}/grants"
    return f"/v1/collections/{quote(collection or '', safe='')}/grants"


def _refuse_unnamed(document: str | None, collection: str | None) -> None:
    if document is None and collection is None:
        raise ConfigurationError("Name a document with --document, or a collection with --collection.")


def _subject(user: str | None, group: str | None) -> dict[str, str]:
    if (user is None) == (group is None):
        raise ConfigurationError("Name either a user with --user, or a group with --group.")
    kind = SubjectKind.GROUP if user is None else SubjectKind.USER
    return {"kind": kind.value, "name": user or group or ""}


def _others(found: JsonObject, subject: dict[str, str]) -> list[dict[str, str]]:
    """Returns the rights of others than a user or a group, without those of users and groups that were removed."""
    names = ("kind", "name", "level")
    kept = [{name: each[name] for name in names} for each in found["grants"] if each["name"] is not None]
    return [each for each in kept if (each["kind"], each["name"].casefold()) != _key(subject)]


def _key(subject: dict[str, str]) -> tuple[str, str]:
    return subject["kind"], subject["name"].casefold()


def _print(found: JsonObject, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (each["kind"], each["name"] or each["id"], each["level"], origin)
        for origin, grants in (("own", found["grants"]), ("of its collection", found.get("inherited", [])))
        for each in grants
    ]
    if rows:
        print_table(("Kind", "Name", "May", "Right"), rows, whole=("Kind", "May"))
    else:
        say("It has no rights of its own: all users of the tenant reach it by their roles.")
