"""``citewell tenants``: who shares the installation, and what bounds their use."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Annotated

import typer

from api.commands.people.opening import link_to, people_here, say_link
from api.commands.trail import tenant_data
from rag.catalog.access.tenants import Quotas, Tenant
from rag.errors import ConfigurationError
from rag.terminal.lazy_group import plain_app
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table, say

_NAMES = [field.name for field in fields(Quotas)]
Name = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name.")]

app = plain_app("Show and add tenants, and bound their use.\n\nThe commands work on the data folder.")
app.command("export")(tenant_data.export)
app.command("import")(tenant_data.take_in)
app.command("erase")(tenant_data.erase)


@app.command("list")
def list_tenants(*, as_json: Json = False) -> None:
    """List the tenants with their quotas."""
    with people_here() as (people, _):
        found = people.tenants.all()
    if as_json:
        print_json([_object(tenant) for tenant in found])
    else:
        print_table(("Tenant", "Quotas"), [(tenant.name, _words(tenant.quotas)) for tenant in found], whole=("Tenant",))


@app.command()
def add(
    name: Name,
    owner: Annotated[str, typer.Option(help="The name of its first owner, a new user.")],
    *,
    as_json: Json = False,
) -> None:
    """Add a tenant with its first owner, and print the link with which the owner chooses a password."""
    with people_here() as (people, settings):
        user = people.add_tenant(name, owner=owner)
        token = people.invitations.make(user.user_id)
        tenant = people.tenants.get(name)
    if as_json:
        print_json(_object(tenant) | {"owner": user.name, "link": link_to(settings, token)})
    else:
        say_link(settings, user.name, token)


@app.command()
def quotas(
    name: Name,
    bounds: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUOTA=NUMBER]...", help=f"Bounds to set, 'none' to lift one: {', '.join(_NAMES)}."),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show or set the quotas of a tenant: those that are named; the others stay."""
    with people_here() as (people, _):
        tenant = people.tenants.get(name)
        if bounds:
            changed = replace(tenant.quotas, **dict(map(_parsed, bounds)))  # type: ignore[arg-type] # each is of its kind
            tenant = people.tenants.set_quotas(name, changed)
    print_json(_object(tenant)) if as_json else say(f"{tenant.name}: {_words(tenant.quotas)}")


def _parsed(text: str) -> tuple[str, float | None]:
    name, _, value = text.partition("=")
    if name not in _NAMES:
        raise ConfigurationError(f"There is no quota '{name}'. There are: {', '.join(_NAMES)}.")
    if value == "none":
        return name, None
    try:
        number = float(value) if name == "cost_a_day" else int(value)
    except ValueError:
        number = -1
    least = 1 if name == "connections" else 0  # with none at a time no request could raise it again
    if number < least:
        raise ConfigurationError(f"'{text}' needs a number of at least {least}, or 'none': {name}=1000.")
    return name, number


def _words(quotas: Quotas) -> str:
    bounds = [f"{name}={value:g}" for name, value in asdict(quotas).items() if value is not None]
    return " ".join(bounds) or "no quotas"


def _object(tenant: Tenant) -> dict[str, object]:
    return {"name": tenant.name, "created_at": tenant.created_at.isoformat(), "quotas": asdict(tenant.quotas)}
