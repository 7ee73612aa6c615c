"""The person or program that sends a request, as far as it is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rag.access.roles import Right, TenantRole, rights_of


class Via(StrEnum):
    """The way in which a user was recognised."""

    SINGLE_USER = "single_user"
    SESSION = "session"
    KEY = "key"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A user who is known. ``user_id`` is empty for the single user of a service without logins.

    ``group_ids`` are those of the groups of the user. ``rights`` are those of the roles, or fewer: an API key may have
    been made for less.
    """

    tenant: str
    user_id: str
    name: str
    roles: frozenset[TenantRole]
    rights: frozenset[Right]
    group_ids: frozenset[str] = frozenset()
    via: Via

    @property
    def sees_all(self) -> bool:
        """Tells whether rights of collections and documents do not narrow what is seen: owners see all of a tenant."""
        return TenantRole.OWNER in self.roles


def single_user(tenant: str) -> Principal:
    """Returns the user of a service without logins, who may do everything."""
    roles = frozenset({TenantRole.OWNER, TenantRole.OPERATOR})
    return Principal(
        tenant=tenant, user_id="", name="single user", roles=roles, rights=rights_of(roles), via=Via.SINGLE_USER
    )
