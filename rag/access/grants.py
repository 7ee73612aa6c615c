"""Rights of single collections and documents: who may read or change them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SubjectKind(StrEnum):
    """What a right is given to."""

    USER = "user"
    GROUP = "group"


class Level(StrEnum):
    """What a right allows. Who may write may read, too; neither gives more than a role has."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right of a user or a group. ``name`` is None where the user or the group was removed since."""

    kind: SubjectKind
    subject_id: str
    name: str | None
    level: Level
