"""``citewell users`` and ``citewell groups``: who may log in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.commands.people.opening import chosen_tenant, link_to, people_here, say_link
from rag.access import passwords
from rag.access.roles import TenantRole
from rag.catalog.access.people import People
from rag.catalog.access.users import User
from rag.errors import UnknownGroupError
from rag.settings import Settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.lazy_group import plain_app
from rag.terminal.options import Json, Yes
from rag.terminal.output import confirmed, note, print_json, print_table, say

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="The group's name.")]
Tenant = Annotated[str | None, typer.Option(help="The tenant, instead of that of the settings.")]
Roles = Annotated[
    list[TenantRole] | None, typer.Option("--role", help="A role; repeatable. All roles, where it is changed.")
]
AskPassword = Annotated[
    bool, typer.Option("--password", help="Ask for a password, or read it from standard input, instead of a link.")
]

app = plain_app("Show and change who may log in.\n\nThe commands work on the data folder, beside a running service.")
groups_app = plain_app("Show and change groups of users.")


@app.command("list")
def list_users(
    tenant: Annotated[str | None, typer.Option(help="Only users of this tenant.")] = None, *, as_json: Json = False
) -> None:
    """List the users."""
    with people_here() as (people, _):
        users = people.users.all(tenant)
    if as_json:
        print_json([_object(user) for user in users])
        return
    rows = [(user.name, user.tenant, ", ".join(sorted(user.roles)), _state(user), _last_login(user)) for user in users]
    print_table(("Name", "Tenant", "Roles", "State", "Last login"), rows, whole=("Name",))


@app.command()
def add(
    name: Name,
    roles: Roles = None,
    tenant: Tenant = None,
    *,
    password: AskPassword = False,
    as_json: Json = False,
) -> None:
    """Add a user: a reader, unless --role says otherwise. It prints a link with which the user chooses a password."""
    with people_here() as (people, settings):
        home = chosen_tenant(settings, tenant)
        if tenant is None:
            people.tenants.ensure(home)
        chosen = _read_password(name) if password else None
        user = people.users.add(home, name, roles=roles or [TenantRole.READER])
        _show_way_in(people, settings, user, chosen, as_json=as_json)


@app.command()
def link(name: Name, *, password: AskPassword = False, as_json: Json = False) -> None:
    """Print a new link with which a user chooses a password; an earlier one does not hold any more."""
    with people_here() as (people, settings):
        user = people.users.named(name)
        _show_way_in(people, settings, user, _read_password(name) if password else None, as_json=as_json)


@app.command()
def change(
    name: Name,
    roles: Roles = None,
    *,
    disable: Annotated[
        bool | None, typer.Option("--disable/--enable", help="Whether the user may log in; keys follow.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change the roles of a user, or whether the user may log in."""
    with people_here() as (people, _):
        user = people.users.named(name)
        changed = people.users.change(None, user.user_id, roles=roles, disabled=disable)
    if as_json:
        print_json(_object(changed))
    else:
        say(f"'{changed.name}' is {', '.join(sorted(changed.roles))}, {_state(changed)}.")


@app.command()
def remove(name: Name, *, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a user with sessions and keys. What the user has uploaded stays."""
    with people_here() as (people, _):
        user = people.users.named(name)
        if not confirmed(f"Remove '{user.name}' with all keys?", yes=yes):
            note("No user was removed.")
            raise typer.Exit(ExitStatus.FAILED)
        people.users.remove(None, user.user_id)
    print_json({"removed": user.name}) if as_json else say(f"'{user.name}' is removed.")


@groups_app.command("list")
def list_groups(tenant: Tenant = None, *, as_json: Json = False) -> None:
    """List the groups and their members."""
    with people_here() as (people, settings):
        home = chosen_tenant(settings, tenant)
        names = {user.user_id: user.name for user in people.users.all(home)}
        found = [(group.name, sorted(names[each] for each in group.user_ids)) for group in people.groups.all(home)]
    if as_json:
        print_json([{"name": name, "users": users} for name, users in found])
    else:
        print_table(("Group", "Users"), [(name, ", ".join(users)) for name, users in found], whole=("Group",))


@groups_app.command("set")
def set_group(
    group: GroupName,
    users: Annotated[list[str] | None, typer.Argument(metavar="[USER]...", help="All members.")] = None,
    tenant: Tenant = None,
) -> None:
    """Make these users the members of a group, which is made if there is none."""
    with people_here() as (people, settings):
        home = chosen_tenant(settings, tenant)
        people.tenants.ensure(home) if tenant is None else people.tenants.get(home)
        members = [people.users.named(name).user_id for name in users or ()]
        try:
            people.groups.change(home, people.groups.named(home, group).group_id, user_ids=members)
        except UnknownGroupError:
            people.groups.add(home, group, user_ids=members)
    say(f"'{group}' has {len(members)} users.")


@groups_app.command("remove")
def remove_group(group: GroupName, tenant: Tenant = None, *, yes: Yes = False) -> None:
    """Remove a group, and what was granted to it."""
    with people_here() as (people, settings):
        home = chosen_tenant(settings, tenant)
        found = people.groups.named(home, group)
        if not confirmed(f"Remove the group '{group}', with what was granted to it?", yes=yes):
            note("No group was removed.")
            raise typer.Exit(ExitStatus.FAILED)
        people.groups.remove(home, found.group_id)
    say(f"'{group}' is removed.")


def _show_way_in(people: People, settings: Settings, user: User, password: str | None, *, as_json: bool) -> None:
    if password is not None:
        people.users.set_password_hash(user.user_id, passwords.hash_of(password))
        print_json(_object(user)) if as_json else say(f"'{user.name}' can log in.")
        return
    token = people.invitations.make(user.user_id)
    if as_json:
        print_json(_object(user) | {"link": link_to(settings, token)})
    else:
        say_link(settings, user.name, token)


def _read_password(name: str) -> str:
    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    passwords.refuse_weak(password, name=name)
    return password


def _object(user: User) -> dict[str, object]:
    return {
        "id": user.user_id,
        "name": user.name,
        "tenant": user.tenant,
        "roles": sorted(user.roles),
        "state": _state(user),
        "last_login_at": user.last_login_at.isoformat() if user.last_login_at else None,
    }


def _state(user: User) -> str:
    if user.disabled:
        return "disabled"
    return "active" if user.has_password or user.last_login_at else "invited"


def _last_login(user: User) -> str:
    return f"{user.last_login_at:%Y-%m-%d %H:%M}" if user.last_login_at else "-"
