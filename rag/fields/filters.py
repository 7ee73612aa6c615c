"""Which documents are meant: by their tags, fields, names, types, states and days. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A range of numbers or days; None where it is open. ``low_open`` and ``high_open`` leave the bound itself out."""

    low: float | date | None = None
    high: float | date | None = None
    low_open: bool = False
    high_open: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it bounds nothing."""
        return self.low is None and self.high is None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCondition:
    """What a field must be: one of ``values``, within ``bounds``, hold ``contains``, and be there or not."""

    name: str
    values: tuple[str | float | date, ...] = ()
    bounds: Bounds = Bounds()
    contains: str = ""
    exists: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Narrows documents. All parts must hold; an empty part does not narrow, and no ``document_ids`` are all."""

    document_ids: frozenset[str] | None = None
    media_types: frozenset[str] = frozenset()
    any_tags: frozenset[str] = frozenset()
    all_tags: frozenset[str] = frozenset()
    no_tags: frozenset[str] = frozenset()
    fields: tuple[FieldCondition, ...] = ()
    name: str = ""
    states: frozenset[str] = frozenset()
    uploaded: Bounds = field(default_factory=Bounds)

    @property
    def asks_catalogue(self) -> bool:
        """Whether only the catalogue knows which documents are meant; the index knows ids and media types."""
        tags = self.any_tags | self.all_tags | self.no_tags
        return bool(tags or self.fields or self.name or self.states or not self.uploaded.is_open)
