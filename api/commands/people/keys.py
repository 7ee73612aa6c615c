"""``citewell keys``: API keys of users, for programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from api.commands.people.opening import people_here
from rag.access.roles import Right, rights_of
from rag.catalog.access.keys import ApiKey
from rag.errors import ConfigurationError
from rag.terminal.lazy_group import plain_app
from rag.terminal.options import Json
from rag.terminal.output import note, print_json, print_table, say

Key = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as 'citewell keys list' shows it.")]

app = plain_app(
    "Make, list, replace and revoke API keys.\n\nThe commands work on the data folder, beside a running service."
)


@app.command("list")
def list_keys(
    user: Annotated[str | None, typer.Option(help="Only keys of this user.")] = None, *, as_json: Json = False
) -> None:
    """List the keys, the newest first, without their secrets."""
    with people_here() as (people, _):
        names = {each.user_id: each.name for each in people.users.all()}
        keys = people.keys.of(people.users.named(user).user_id if user else None)
    if as_json:
        print_json([_object(key, names[key.user_id]) for key in keys])
        return
    rows = [
        (key.name, names[key.user_id], f"{key.start}…", ", ".join(sorted(key.rights)), _end(key), key.key_id)
        for key in keys
    ]
    print_table(("Name", "User", "Begins with", "Rights", "Ends", "Key"), rows, whole=("Key",))


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    user: Annotated[str, typer.Option(help="The user as whom its program acts.")],
    rights: Annotated[
        list[Right] | None, typer.Option("--right", help="A right of the key; repeatable. By default it may read.")
    ] = None,
    days: Annotated[int, typer.Option(min=0, max=3_650, help="Days for which it holds; 0 for no end.")] = 90,
    *,
    as_json: Json = False,
) -> None:
    """Make a key, and print it: this once, as only its hash is stored."""
    with people_here() as (people, _):
        owner = people.users.named(user)
        wanted = set(rights or [Right.READ])
        if lacking := sorted(wanted - rights_of(owner.roles)):
            raise ConfigurationError(f"'{owner.name}' lacks the right '{lacking[0]}', so a key cannot have it.")
        lasts = timedelta(days=days) if days else None
        key, secret = people.keys.add(owner.user_id, name, rights=wanted, lasts=lasts)
    _show(key, owner.name, secret, as_json=as_json)


@app.command()
def rotate(
    key: Key,
    overlap_hours: Annotated[float, typer.Option(min=0, help="Hours for which the old key still holds.")] = 24.0,
    *,
    as_json: Json = False,
) -> None:
    """Make a new key of the same name, rights and time in place of one, and print it."""
    with people_here() as (people, _):
        made, secret = people.keys.rotate(None, key, overlap=timedelta(hours=overlap_hours))
        owner = people.users.get(None, made.user_id)
    _show(made, owner.name, secret, as_json=as_json)


@app.command()
def revoke(key: Key) -> None:
    """Revoke a key: from now on it does not hold."""
    with people_here() as (people, _):
        revoked = people.keys.revoke(None, key)
    say(f"The key '{revoked.name}' ({revoked.start}…) does not hold any more.")


def _show(key: ApiKey, owner: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_object(key, owner) | {"secret": secret})
        return
    note(f"A key of '{owner}', which may {', '.join(sorted(key.rights))}. It is shown this once:")
    say(secret)


def _end(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never"


def _object(key: ApiKey, owner: str) -> dict[str, object]:
    return {
        "id": key.key_id,
        "name": key.name,
        "user": owner,
        "start": key.start,
        "rights": sorted(key.rights),
        "created_at": key.created_at.isoformat(),
        "expires_at": _text(key.expires_at),
        "last_used_at": _text(key.last_used_at),
        "revoked_at": _text(key.revoked_at),
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
