"""The groups of users, of each tenant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from rag.catalog.access.rows import COLLECTION_GRANTS, DOCUMENT_GRANTS, GROUP_MEMBERS, GROUPS, USERS
from rag.catalog.database.connection import Database, insert_if_absent, new_id
from rag.errors import ConflictError, UnknownGroupError, UnknownUserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group. ``user_ids`` are its members, sorted."""

    group_id: str
    tenant: str
    name: str
    user_ids: tuple[str, ...]


class Groups:
    """Reads and writes groups. Names are unique in a tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, tenant: str) -> Sequence[Group]:
        """Returns the groups of a tenant, by name."""
        with self._database.read() as connection:
            return _read(connection, GROUPS.c.tenant == tenant)

    def get(self, tenant: str, group_id: str) -> Group:
        """Returns a group.

        Raises:
            UnknownGroupError: there is none with this id.
        """
        with self._database.read() as connection:
            return _one(connection, group_id, GROUPS.c.tenant == tenant, GROUPS.c.id == group_id)

    def named(self, tenant: str, name: str) -> Group:
        """Returns the group of a name.

        Raises:
            UnknownGroupError: there is none.
        """
        with self._database.read() as connection:
            return _one(connection, name, GROUPS.c.tenant == tenant, GROUPS.c.name == name)

    def add(self, tenant: str, name: str, *, user_ids: Collection[str] = ()) -> Group:
        """Adds a group.

        Raises:
            ConflictError: there is one of this name.
            UnknownUserError: one of the users is not the tenant's.
        """
        values = {"id": new_id(), "tenant": tenant, "name": name, "created_at": self._database.now()}
        with self._database.write() as connection:
            if not insert_if_absent(connection, GROUPS, values):
                raise _taken(name)
            _set_members(connection, tenant, str(values["id"]), user_ids)
        return self.get(tenant, str(values["id"]))

    def change(
        self, tenant: str, group_id: str, *, name: str | None = None, user_ids: Collection[str] | None = None
    ) -> Group:
        """Changes the name of a group, or its members: these, and no others.

        Raises:
            UnknownGroupError: there is none with this id.
            UnknownUserError: one of the users is not the tenant's.
            ConflictError: there is another one of this name.
        """
        try:
            with self._database.write() as connection:
                _one(connection, group_id, GROUPS.c.tenant == tenant, GROUPS.c.id == group_id)
                if name is not None:
                    connection.execute(update(GROUPS).where(GROUPS.c.id == group_id).values(name=name))
                if user_ids is not None:
                    _set_members(connection, tenant, group_id, user_ids)
        except IntegrityError as error:
            raise _taken(name or "") from error
        return self.get(tenant, group_id)

    def remove(self, tenant: str, group_id: str) -> None:
        """Removes a group, and what was granted to it.

        Raises:
            UnknownGroupError: there is none with this id.
        """
        with self._database.write() as connection:
            _one(connection, group_id, GROUPS.c.tenant == tenant, GROUPS.c.id == group_id)
            remove_grants(connection, "group", group_id)
            connection.execute(delete(GROUPS).where(GROUPS.c.id == group_id))

    def take_over(self, tenant: str, user_id: str, names: Collection[str]) -> None:
        """Makes a user a member of the groups of these names, which are made where there are none, and of no others."""
        with self._database.write() as connection:
            for name in names:
                values = {"id": new_id(), "tenant": tenant, "name": name, "created_at": self._database.now()}
                insert_if_absent(connection, GROUPS, values)
            wanted = select(GROUPS.c.id).where(GROUPS.c.tenant == tenant, GROUPS.c.name.in_(names))
            replace_groups_of(connection, tenant, user_id, list(connection.execute(wanted).scalars()))


def remove_grants(connection: Connection, kind: str, subject_id: str) -> None:
    """Removes what was granted to a group, or to a user, within a transaction."""
    for grants in (COLLECTION_GRANTS, DOCUMENT_GRANTS):
        granted = (grants.c.subject_kind == kind) & (grants.c.subject_id == subject_id)
        connection.execute(delete(grants).where(granted))


def replace_groups_of(connection: Connection, tenant: str, user_id: str, group_ids: Collection[str]) -> None:
    """Makes a user a member of these groups, and of no others, within a transaction.

    Raises:
        UnknownGroupError: one of them is not the tenant's.
    """
    wanted = select(GROUPS.c.id).where(GROUPS.c.tenant == tenant, GROUPS.c.id.in_(group_ids))
    if missing := sorted(set(group_ids) - set(connection.execute(wanted).scalars())):
        raise UnknownGroupError(missing[0])
    connection.execute(delete(GROUP_MEMBERS).where(GROUP_MEMBERS.c.user_id == user_id))
    _insert(connection, [(group_id, user_id) for group_id in set(group_ids)])


def _set_members(connection: Connection, tenant: str, group_id: str, user_ids: Collection[str]) -> None:
    of_tenant = select(USERS.c.id).where(USERS.c.tenant == tenant, USERS.c.id.in_(user_ids))
    if missing := sorted(set(user_ids) - set(connection.execute(of_tenant).scalars())):
        raise UnknownUserError(missing[0])
    connection.execute(delete(GROUP_MEMBERS).where(GROUP_MEMBERS.c.group_id == group_id))
    _insert(connection, [(group_id, user_id) for user_id in set(user_ids)])


def _insert(connection: Connection, pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        rows = [{"group_id": group_id, "user_id": user_id} for group_id, user_id in pairs]
        connection.execute(insert(GROUP_MEMBERS), rows)


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> list[Group]:
    rows = connection.execute(select(GROUPS).where(*conditions).order_by(GROUPS.c.name)).all()
    members: dict[str, set[str]] = {row.id: set() for row in rows}
    for member in connection.execute(select(GROUP_MEMBERS).where(GROUP_MEMBERS.c.group_id.in_(members))):
        members[member.group_id].add(member.user_id)
    return [
        Group(group_id=row.id, tenant=row.tenant, name=row.name, user_ids=tuple(sorted(members[row.id])))
        for row in rows
    ]


def _one(connection: Connection, asked: str, *conditions: ColumnElement[bool]) -> Group:
    found = _read(connection, *conditions)
    if not found:
        raise UnknownGroupError(asked)
    return found[0]


def _taken(name: str) -> ConflictError:
    return ConflictError(f"There is a group named '{name}' already. Choose another name.")
