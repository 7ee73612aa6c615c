"""People with roles, groups and rights, and what they may read and change by a second, plain reckoning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fastapi.requests import HTTPConnection
from sqlalchemy import delete, insert, select

from api import caller
from rag.access.principal import Principal, Via
from rag.access.roles import Right, TenantRole, rights_of
from rag.catalog.access.rows import GROUP_MEMBERS, GROUPS, USERS
from rag.catalog.database.connection import Database, new_id, utc_now
from rag.catalog.database.tables import TENANTS
from rag.errors import LoginRequiredError
from rag.settings import Settings
from tests.support.servers.service import running_client

Given = frozenset[tuple[str, str, str]]
"""Rights: (user or group, id, read or write)."""


@dataclass(eq=False, kw_only=True)
class Person:
    """A person of a tenant. ``client`` sends as this person."""

    tenant: str
    name: str
    roles: frozenset[TenantRole]
    user_id: str = field(default_factory=new_id)
    groups: set[str] = field(default_factory=set)

    @property
    def rights(self) -> frozenset[Right]:
        return rights_of(self.roles)

    @property
    def is_owner(self) -> bool:
        return TenantRole.OWNER in self.roles

    @property
    def principal(self) -> Principal:
        return Principal(
            tenant=self.tenant,
            user_id=self.user_id,
            name=self.name,
            roles=self.roles,
            rights=self.rights,
            group_ids=frozenset(self.groups),
            via=Via.SESSION,
        )


@dataclass(eq=False, kw_only=True)
class Kept:
    """A document as this test knows it. ``known_by``: the users who may hear of it once it is gone."""

    document_id: str
    tenant: str
    collection: str
    secret: str
    key: str
    own: Given = frozenset()
    is_gone: bool = False
    known_by: set[str] = field(default_factory=set)


@dataclass(eq=False, kw_only=True)
class World:
    """People, and the documents with their rights."""

    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[tuple[str, str], str] = field(default_factory=dict)
    documents: dict[str, Kept] = field(default_factory=dict)
    collections: dict[tuple[str, str], Given] = field(default_factory=dict)

    def of_tenant(self, tenant: str) -> list[Kept]:
        return [each for each in self.documents.values() if each.tenant == tenant and not each.is_gone]

    def reads(self, person: Person, document: Kept) -> bool:
        """Whether a person may read a document: reckoned from the rules as they are documented."""
        return Right.READ in person.rights and self._reaches(person, document, {"read", "write"})

    def writes(self, person: Person, document: Kept) -> bool:
        return Right.WRITE in person.rights and self._reaches(person, document, {"write"})

    def reads_collection(self, person: Person, tenant: str, name: str) -> bool:
        """Whether a person may know that there is a collection."""
        if person.tenant != tenant or Right.READ not in person.rights or (tenant, name) not in self.collections:
            return False
        is_whole = _is_given(person, self.collections[tenant, name], {"read", "write"})
        held = [each for each in self.of_tenant(tenant) if each.collection == name]
        return is_whole or any(self.reads(person, each) for each in held)

    def hears_of(self, person: Person, document: Kept) -> bool:
        """Whether an answer to a person may hold something of a document."""
        if not document.is_gone:
            return self.reads(person, document)
        return person.tenant == document.tenant and (person.is_owner or person.user_id in document.known_by)

    def _reaches(self, person: Person, document: Kept, levels: set[str]) -> bool:
        if document.is_gone or person.tenant != document.tenant:
            return False
        rights = document.own or self.collections.get((document.tenant, document.collection), frozenset())
        return _is_given(person, rights, levels)


def _is_given(person: Person, rights: Given, levels: set[str]) -> bool:
    if person.is_owner or not rights:
        return True
    mine = {("user", person.user_id), *(("group", group) for group in person.groups)}
    return any((kind, subject) in mine and level in levels for kind, subject, level in rights)


class Directory:
    """Writes people into the catalogue's tables, as the commands for users do."""

    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._world = world

    def add(self, person: Person) -> Person:
        """Adds a person, and the tenant if need be."""
        now = utc_now()
        with self._database.write() as connection:
            if connection.execute(select(TENANTS).where(TENANTS.c.name == person.tenant)).first() is None:
                connection.execute(insert(TENANTS).values(name=person.tenant, created_at=now))
            values = {"id": person.user_id, "tenant": person.tenant, "name": person.name, "created_at": now}
            roles = " ".join(sorted(person.roles))
            connection.execute(insert(USERS).values(**values, folded=person.name.casefold(), roles=roles))
        self._world.people[person.name] = person
        return person

    def add_group(self, tenant: str, name: str) -> str:
        """Adds a group, and returns its id."""
        group_id = new_id()
        with self._database.write() as connection:
            connection.execute(insert(GROUPS).values(id=group_id, tenant=tenant, name=name, created_at=utc_now()))
        self._world.groups[tenant, name] = group_id
        return group_id

    def join(self, person: Person, group_id: str) -> None:
        """Makes a person a member."""
        if group_id not in person.groups:
            person.groups.add(group_id)
            with self._database.write() as connection:
                connection.execute(insert(GROUP_MEMBERS).values(group_id=group_id, user_id=person.user_id))

    def leave(self, person: Person, group_id: str) -> None:
        """Ends a membership."""
        person.groups.discard(group_id)
        this = (GROUP_MEMBERS.c.group_id == group_id) & (GROUP_MEMBERS.c.user_id == person.user_id)
        with self._database.write() as connection:
            connection.execute(delete(GROUP_MEMBERS).where(this))


@contextmanager
def peopled_service(
    settings: Settings, socket_path: Path, world: World, *, with_worker: bool = True
) -> Iterator[tuple[httpx.Client, Directory]]:
    """Runs a service that finds its caller's name in the header ``x-user``, and a directory over its catalogue."""

    async def from_header(connection: HTTPConnection) -> Principal:
        person = world.people.get(connection.headers.get("x-user", ""))
        if person is None:
            raise LoginRequiredError
        return person.principal

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(caller, "identify", from_header)
        with running_client(settings, socket_path, with_worker=with_worker) as client:
            database = Database.open(settings.storage.folder / "catalog.db")
            try:
                yield client, Directory(database, world)
            finally:
                database.close()
