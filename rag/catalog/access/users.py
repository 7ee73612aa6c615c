"""The users of all tenants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from rag.access.principal import Principal, Via
from rag.access.roles import Right, TenantRole, rights_of
from rag.catalog.access.groups import remove_grants, replace_groups_of
from rag.catalog.access.rows import GROUP_MEMBERS, SESSIONS, USERS
from rag.catalog.database.connection import Database, new_id
from rag.catalog.database.conversation_rows import adopt_conversations
from rag.catalog.database.rows import aware
from rag.errors import ConflictError, InvalidRequestError, UnknownTenantError, UnknownUserError

MOST_CHARACTERS = 254
_FIELDS = ("tenant", "name", "display_name", "disabled", "subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user. One without a password logs in elsewhere, or has not followed the link of the invitation.

    ``subject``: the issuer and the subject of OIDC, None for a user who never came from there.
    """

    user_id: str
    tenant: str
    name: str
    display_name: str
    roles: frozenset[TenantRole]
    group_ids: frozenset[str]
    has_password: bool
    subject: str | None
    disabled: bool
    created_at: datetime
    last_login_at: datetime | None

    def principal(self, via: Via, *, only: Iterable[Right] | None = None) -> Principal:
        """Returns the user as the sender of a request; with ``only``, with no other rights than these."""
        rights = rights_of(self.roles)
        return Principal(
            tenant=self.tenant,
            user_id=self.user_id,
            name=self.name,
            roles=self.roles,
            rights=rights if only is None else rights & {*only, Right.OPEN, Right.SELF},
            group_ids=self.group_ids,
            via=via,
        )


class Users:
    """Reads and writes users. Names are unique in the installation, whatever their case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, tenant: str | None, user_id: str) -> User:
        """Returns a user of a tenant, or with None of any.

        Raises:
            UnknownUserError: there is none with this id.
        """
        with self._database.read() as connection:
            return _one(connection, user_id, tenant, USERS.c.id == user_id)

    def named(self, name: str) -> User:
        """Returns the user of a name.

        Raises:
            UnknownUserError: there is none.
        """
        with self._database.read() as connection:
            return _one(connection, name, None, USERS.c.folded == folded(name))

    def of_subject(self, subject: str) -> User | None:
        """Returns the user who logged in with this subject of OIDC before."""
        with self._database.read() as connection:
            return next(iter(read_users(connection, USERS.c.subject == subject)), None)

    def all(self, tenant: str | None = None, *, after: str = "", limit: int | None = None) -> Sequence[User]:
        """Returns the users of a tenant, or of all, by name, beginning after the name ``after``."""
        conditions = [USERS.c.folded > folded(after)] + ([] if tenant is None else [USERS.c.tenant == tenant])
        with self._database.read() as connection:
            return read_users(connection, *conditions, limit=limit)

    def any_can_log_in(self) -> bool:
        """Returns whether there is a user who has a password, or has logged in."""
        can = USERS.c.password_hash.is_not(None) | USERS.c.last_login_at.is_not(None)
        with self._database.read() as connection:
            return connection.execute(select(USERS.c.id).where(can).limit(1)).first() is not None

    def add(
        self,
        tenant: str,
        name: str,
        *,
        roles: Iterable[TenantRole],
        display_name: str = "",
        subject: str | None = None,
        group_ids: Collection[str] = (),
    ) -> User:
        """Adds a user, who cannot log in yet. An owner gets the tenant's conversations from before there were users.

        Raises:
            UnknownGroupError: one of the groups is not the tenant's.
            ConflictError: there is a user of this name.
            InvalidRequestError: the name is empty, too long, or holds spaces or control characters.
            UnknownTenantError: there is no such tenant.
        """
        self.refuse_taken(name)
        user_id, roles = new_id(), frozenset(roles)
        said = {"tenant": tenant, "name": name, "folded": folded(name), "display_name": display_name}
        values = {"id": user_id, "roles": _joined(roles), "subject": subject, **said}
        try:
            with self._database.write() as connection:
                connection.execute(insert(USERS).values(**values, created_at=self._database.now()))
                replace_groups_of(connection, tenant, user_id, group_ids)
                if TenantRole.OWNER in roles:
                    adopt_conversations(connection, tenant, user_id)
        except IntegrityError as error:
            if "FOREIGN KEY" in str(error).upper():
                raise UnknownTenantError(tenant) from error
            raise _taken(name) from error
        return self.get(tenant, user_id)

    def refuse_taken(self, name: str) -> None:
        """Refuses a name that cannot be a new user's.

        Raises:
            ConflictError: there is a user of this name.
            InvalidRequestError: it is empty, too long, or holds spaces or control characters.
        """
        _refuse_bad_name(name)
        with self._database.read() as connection:
            if read_users(connection, USERS.c.folded == folded(name)):
                raise _taken(name)

    def change(
        self,
        tenant: str | None,
        user_id: str,
        *,
        roles: Iterable[TenantRole] | None = None,
        display_name: str | None = None,
        disabled: bool | None = None,
        group_ids: Collection[str] | None = None,
    ) -> User:
        """Changes a user. One who is disabled is logged out everywhere; the keys stay, and do not hold.

        Raises:
            UnknownGroupError: one of the groups is not the tenant's.
            UnknownUserError: there is none with this id.
            ConflictError: the tenant would have no owner any more.
        """
        wanted = {
            "roles": None if roles is None else _joined(roles),
            "display_name": display_name,
            "disabled": disabled,
        }
        values = {name: value for name, value in wanted.items() if value is not None}
        with self._database.write() as connection:
            before = _one(connection, user_id, tenant, USERS.c.id == user_id)
            if values:
                connection.execute(update(USERS).where(USERS.c.id == user_id).values(**values))
            if group_ids is not None:
                replace_groups_of(connection, before.tenant, user_id, group_ids)
            _refuse_without_owner(connection, before)
            if disabled:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id))
        return self.get(tenant, user_id)

    def remove(self, tenant: str | None, user_id: str) -> User:
        """Removes a user with sessions, keys, memberships and what was granted. Returns who it was.

        Raises:
            UnknownUserError: there is none with this id.
            ConflictError: the tenant would have no owner any more.
        """
        with self._database.write() as connection:
            user = _one(connection, user_id, tenant, USERS.c.id == user_id)
            remove_grants(connection, "user", user_id)
            connection.execute(delete(USERS).where(USERS.c.id == user_id))
            _refuse_without_owner(connection, user)
        return user

    def set_subject(self, user_id: str, subject: str) -> None:
        """Notes the subject of OIDC as whom a user logs in."""
        with self._database.write() as connection:
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(subject=subject))

    def password_hash(self, user_id: str) -> str | None:
        """Returns the hash of a user's password; None where there is none."""
        with self._database.read() as connection:
            found = connection.execute(select(USERS.c.password_hash).where(USERS.c.id == user_id)).scalar()
        return None if found is None else str(found)

    def set_password_hash(self, user_id: str, password_hash: str) -> None:
        """Stores the hash of a new password. All sessions of the user end."""
        with self._database.write() as connection:
            write_password_hash(connection, user_id, password_hash)


def write_password_hash(connection: Connection, user_id: str, password_hash: str) -> None:
    """Stores the hash of a new password within a transaction. All sessions of the user end."""
    connection.execute(update(USERS).where(USERS.c.id == user_id).values(password_hash=password_hash))
    connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id))


def folded(name: str) -> str:
    """Returns a name as it is compared: without its outer spaces and its case."""
    return name.strip().casefold()


def read_users(connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> list[User]:
    """Returns the users who meet the conditions, by name, with their groups."""
    rows = connection.execute(select(USERS).where(*conditions).order_by(USERS.c.folded).limit(limit)).all()
    groups: dict[str, set[str]] = {row.id: set() for row in rows}
    members = select(GROUP_MEMBERS).where(GROUP_MEMBERS.c.user_id.in_(groups))
    for member in connection.execute(members) if groups else ():
        groups[member.user_id].add(member.group_id)
    return [_user(row, groups[row.id]) for row in rows]


def live_user(connection: Connection, user_id: str) -> User | None:
    """Returns a user who may log in, None where there is none."""
    return next(iter(read_users(connection, USERS.c.id == user_id, USERS.c.disabled.is_(False))), None)


def _one(connection: Connection, asked: str, tenant: str | None, condition: ColumnElement[bool]) -> User:
    found = read_users(connection, condition, *([] if tenant is None else [USERS.c.tenant == tenant]))
    if not found:
        raise UnknownUserError(asked)
    return found[0]


def _user(row: Row[Any], group_ids: Iterable[str]) -> User:
    return User(
        user_id=row.id,
        **{name: getattr(row, name) for name in _FIELDS},
        roles=frozenset(map(TenantRole, row.roles.split())),
        group_ids=frozenset(group_ids),
        has_password=row.password_hash is not None,
        created_at=aware(row.created_at),
        last_login_at=row.last_login_at and aware(row.last_login_at),
    )


def _taken(name: str) -> ConflictError:
    return ConflictError(f"There is a user named '{name}' already. Choose another name.")


def _joined(roles: Iterable[TenantRole]) -> str:
    return " ".join(sorted(set(roles)))


def _refuse_bad_name(name: str) -> None:
    if not name or len(name) > MOST_CHARACTERS or any(each.isspace() or not each.isprintable() for each in name):
        raise InvalidRequestError(
            f"A user's name has 1 to {MOST_CHARACTERS} characters and no spaces. An address of e-mail is a good one."
        )


def _refuse_without_owner(connection: Connection, before: User) -> None:
    """Refuses a change that takes a tenant's last owner; raised within the transaction, which it undoes."""
    if TenantRole.OWNER not in before.roles or before.disabled:
        return
    users = read_users(connection, USERS.c.tenant == before.tenant, USERS.c.disabled.is_(False))
    if not any(TenantRole.OWNER in user.roles for user in users):
        raise ConflictError(f"'{before.name}' is the last owner of '{before.tenant}'. Make another user owner first.")
