"""All that the catalogue knows of people, and of their ways in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from rag.access.roles import TenantRole
from rag.catalog.access.groups import Groups
from rag.catalog.access.invitations import Invitations
from rag.catalog.access.keys import ApiKeys
from rag.catalog.access.logins import Logins
from rag.catalog.access.sessions import Sessions
from rag.catalog.access.tenants import Tenants
from rag.catalog.access.users import User, Users
from rag.catalog.database.connection import Database
from rag.errors import UnknownUserError
from rag.settings import SecuritySettings

FIRST_USER = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The parts of the catalogue that tell who calls."""

    users: Users
    groups: Groups
    sessions: Sessions
    keys: ApiKeys
    invitations: Invitations
    logins: Logins
    tenants: Tenants

    @classmethod
    def of(cls, database: Database, settings: SecuritySettings) -> Self:
        """Returns them over a catalogue."""
        users = Users(database)
        return cls(
            users=users,
            groups=Groups(database),
            sessions=Sessions(
                database,
                lasts=timedelta(hours=settings.session_hours),
                idle=timedelta(hours=settings.session_idle_hours),
            ),
            keys=ApiKeys(database),
            invitations=Invitations(database, lasts=timedelta(hours=settings.invitation_hours)),
            logins=Logins(database, users),
            tenants=Tenants(database),
        )

    def first_link(self, tenant: str) -> str | None:
        """Returns the token of a link for the first administrator; None once there is a user who can log in."""
        if self.users.any_can_log_in():
            return None
        self.tenants.ensure(tenant)
        try:
            first = self.users.named(FIRST_USER)
        except UnknownUserError:
            first = self.users.add(tenant, FIRST_USER, roles=(TenantRole.OWNER, TenantRole.OPERATOR))
        return self.invitations.make(first.user_id)

    def add_tenant(self, name: str, *, owner: str) -> User:
        """Adds a tenant with its first owner, whom it returns.

        Raises:
            ConflictError: there is a tenant, or a user, of this name.
            InvalidRequestError: the owner's name cannot be one.
        """
        self.users.refuse_taken(owner)
        self.tenants.add(name)
        return self.users.add(name, owner, roles=(TenantRole.OWNER,))


def invitation_path(token: str) -> str:
    """Returns the path of a link. The token comes after ``#``: browsers send it to no server, and no log holds it."""
    return f"/invitation#{token}"
