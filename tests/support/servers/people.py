"""Users of a running service with logins: clients of their sessions, and of their keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from ingest.opening import open_people
from rag.access import passwords
from rag.access.roles import Right, TenantRole
from rag.catalog.access.people import People
from rag.settings import SecuritySettings, Settings, StorageSettings
from tests.support.servers.service import running_client

PASSWORD = "correct horse battery staple"  # noqa: S105 - of test users
ORIGIN = {"Origin": "http://localhost"}


def with_logins(folder: Path, **security: object) -> Settings:
    """Returns settings of a service whose users log in."""
    return Settings(
        storage=StorageSettings(folder=folder), security=SecuritySettings.model_validate({"logins": True} | security)
    )


@contextmanager
def people_of(settings: Settings) -> Iterator[People]:
    """Opens the users of a data folder, beside its service."""
    with open_people(settings) as people:
        people.tenants.ensure(settings.tenant)
        yield people


def add_user(people: People, name: str, *roles: TenantRole, tenant: str = "default") -> str:
    """Adds a user with ``PASSWORD``. Returns the id."""
    people.tenants.ensure(tenant)
    user_id = people.users.add(tenant, name, roles=roles or (TenantRole.READER,)).user_id
    people.users.set_password_hash(user_id, passwords.hash_of(PASSWORD))
    return user_id


def add_key(people: People, name: str, *rights: Right, lasts: timedelta | None = None) -> str:
    """Makes an API key for a user. Returns its secret."""
    return people.keys.add(people.users.named(name).user_id, "test", rights=rights, lasts=lasts)[1]


def bearer(key: str) -> dict[str, str]:
    """Returns the header with an API key."""
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def service_with_users(settings: Settings, socket_folder: Path) -> Iterator[httpx.Client]:
    """Runs a service with an owner who is an operator (anna), an editor (ed) and a reader (rita)."""
    with people_of(settings) as people:
        add_user(people, "anna", TenantRole.OWNER, TenantRole.OPERATOR)
        add_user(people, "ed", TenantRole.EDITOR)
        add_user(people, "rita")
    with running_client(settings, socket_folder / "api.sock") as http:
        http.headers.update(ORIGIN)
        yield http


def log_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    """Logs in; the client's cookies are then the user's."""
    client.cookies.clear()
    return client.post("/v1/login", json={"name": name, "password": password})
