"""Opens what the catalogue knows of people, for commands on the service's own machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.opening import open_catalogue, open_people
from rag.catalog.access.people import People, invitation_path
from rag.catalog.trail.trail import Trail
from rag.settings import Settings, load_settings
from rag.terminal.output import note, say


@contextmanager
def people_here() -> Iterator[tuple[People, Settings]]:
    """Yields the people of the settings' data folder. A service may run beside it, and knows of a change at once.

    These commands ask for no key: who can open the catalogue has all that is in it. The audit trail names each.
    """
    settings = load_settings()
    with open_people(settings) as people:
        yield people, settings
    with open_catalogue(settings) as database:
        trail = Trail.of(database, settings)
        trail.append([trail.own_event(_command_name(), text={"arguments": " ".join(sys.argv[3:])})])


def _command_name() -> str:
    """Returns ``users.add`` for ``citewell users add …``."""
    words = [word for word in sys.argv[1:3] if word.isalpha()]
    return ".".join(words) if len(words) == len(sys.argv[1:3]) > 1 else "command.run"


def chosen_tenant(settings: Settings, tenant: str | None) -> str:
    """Returns the tenant of an option, else that of the settings."""
    return tenant or settings.tenant


def link_to(settings: Settings, token: str) -> str:
    """Returns the address of a link."""
    return link_base(settings) + invitation_path(token)


def link_base(settings: Settings) -> str:
    """Returns the address of the service as its settings tell it."""
    server = settings.server
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(server.host, server.host)  # noqa: S104 - compared
    return settings.security.public_url.rstrip("/") or f"http://{host}:{server.port}"


def say_link(settings: Settings, name: str, token: str) -> None:
    """Prints the link of a user."""
    hours = settings.security.invitation_hours
    note(f"With this link '{name}' chooses a password. It works once, within {hours:g} hours:")
    say(link_to(settings, token))
    if not settings.security.logins:
        note("The service asks for a login once CITEWELL_SECURITY__LOGINS is true.")
