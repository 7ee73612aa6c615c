"""What people may do: rights, and the roles that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Right(StrEnum):
    """A kind of work. ``OPEN`` needs no login; ``SELF`` only one."""

    OPEN = "open"
    SELF = "self"
    READ = "read"
    WRITE = "write"
    EVALUATE = "evaluate"
    MANAGE = "manage"
    OPERATE = "operate"


class TenantRole(StrEnum):
    """A role within a tenant. An operator runs the installation, and reads no documents by that."""

    READER = "reader"
    EDITOR = "editor"
    EVALUATOR = "evaluator"
    OWNER = "owner"
    OPERATOR = "operator"


_EVERYBODY = frozenset({Right.OPEN, Right.SELF})
_RIGHTS: Mapping[TenantRole, frozenset[Right]] = {
    TenantRole.READER: frozenset({Right.READ}),
    TenantRole.EDITOR: frozenset({Right.READ, Right.WRITE}),
    TenantRole.EVALUATOR: frozenset({Right.READ, Right.EVALUATE}),
    TenantRole.OWNER: frozenset({Right.READ, Right.WRITE, Right.EVALUATE, Right.MANAGE}),
    TenantRole.OPERATOR: frozenset({Right.OPERATE}),
}


def rights_of(roles: Iterable[TenantRole]) -> frozenset[Right]:
    """Returns what a user with these roles may do."""
    return _EVERYBODY.union(*(_RIGHTS[role] for role in roles))
