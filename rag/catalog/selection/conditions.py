"""Turns a filter of documents into conditions of SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import Column, ColumnElement, FromClause, Select, and_, case, func, or_, select

from rag.catalog.database.description_rows import DOCUMENT_FIELDS, DOCUMENT_TAGS, folded_value
from rag.catalog.database.records import VersionState
from rag.catalog.database.tables import DOCUMENTS, VERSIONS
from rag.fields.filters import Bounds, DocumentFilter, FieldCondition
from rag.fields.values import fold

Condition = ColumnElement[bool]
"""A condition of SQL."""
NEWEST, SHOWN = VERSIONS.alias("newest"), VERSIONS.alias("shown")
_EACH = VERSIONS.alias("each")
_NEWEST_NUMBER = select(func.max(_EACH.c.number)).where(_EACH.c.document_id == DOCUMENTS.c.id).scalar_subquery()
_PROCESSING = (NEWEST.c.state == VersionState.PROCESSING) & (
    (SHOWN.c.id == NEWEST.c.id) | (SHOWN.c.sha256 != NEWEST.c.sha256)
)
STATE: ColumnElement[str] = case((_PROCESSING, VersionState.PROCESSING.value), else_=SHOWN.c.state)
"""The state of a document, as ``DocumentRecord`` has it."""
TITLE: ColumnElement[str] = case((SHOWN.c.title != "", SHOWN.c.title), else_=DOCUMENTS.c.name)


def with_versions() -> FromClause:
    """Returns the documents, each with the version that stands for it and its newest one."""
    newest = (NEWEST.c.document_id == DOCUMENTS.c.id) & (NEWEST.c.number == _NEWEST_NUMBER)
    shown = SHOWN.c.id == func.coalesce(DOCUMENTS.c.active_version_id, NEWEST.c.id)
    return DOCUMENTS.join(NEWEST, newest).join(SHOWN, shown)


def conditions_of(chosen: DocumentFilter) -> Iterator[ColumnElement[bool]]:
    """Yields the conditions of a filter over ``with_versions``."""
    document_id = DOCUMENTS.c.id
    if chosen.document_ids is not None:
        yield document_id.in_(chosen.document_ids)
    if chosen.media_types:
        yield SHOWN.c.media_type.in_(chosen.media_types)
    if chosen.states:
        yield STATE.in_(chosen.states)
    if chosen.any_tags:
        yield document_id.in_(_tagged(chosen.any_tags))
    for tag in sorted(chosen.all_tags):
        yield document_id.in_(_tagged({tag}))
    if chosen.no_tags:
        yield document_id.not_in(_tagged(chosen.no_tags))
    if chosen.name:
        # ``lower`` and not ``fold``: the database lowers what it stores.
        wanted = chosen.name.lower()
        names = (func.lower(DOCUMENTS.c.name), func.lower(TITLE))
        yield or_(*(name.contains(wanted, autoescape=True) for name in names))
    if not chosen.uploaded.is_open:
        yield _in_days(DOCUMENTS.c.created_at, chosen.uploaded)
    for condition in chosen.fields:
        yield from _field_conditions(condition)


def _tagged(tags: set[str] | frozenset[str]) -> Select[tuple[str]]:
    return select(DOCUMENT_TAGS.c.document_id).where(DOCUMENT_TAGS.c.folded.in_([fold(tag) for tag in tags]))


def _field_conditions(condition: FieldCondition) -> Iterator[ColumnElement[bool]]:
    fields, document_id = DOCUMENT_FIELDS, DOCUMENTS.c.id
    having = select(fields.c.document_id).where(fields.c.name == fold(condition.name))
    if condition.exists is not None:
        yield document_id.in_(having) if condition.exists else document_id.not_in(having)
    demands: list[ColumnElement[bool]] = []
    if condition.values:
        numbers = [float(each) for each in condition.values if isinstance(each, int | float)]
        texts = [folded_value(str(each)) for each in condition.values if not isinstance(each, int | float)]
        demands.append(or_(fields.c.number.in_(numbers), fields.c.folded.in_(texts)))
    if condition.contains:
        demands.append(fields.c.folded.contains(fold(condition.contains), autoescape=True))
    if not condition.bounds.is_open:
        demands.append(_within(condition.bounds))
    if demands:
        yield document_id.in_(having.where(and_(*demands)))


def _within(bounds: Bounds) -> ColumnElement[bool]:
    """Returns the condition that a field is in a range. The type of the bounds says which values can be."""
    edges = [edge for edge in (bounds.low, bounds.high) if edge is not None]
    of_days = any(isinstance(edge, date) for edge in edges)
    column: Column[object] = DOCUMENT_FIELDS.c.day if of_days else DOCUMENT_FIELDS.c.number
    low, high = (str(edge) if isinstance(edge, date) else edge for edge in (bounds.low, bounds.high))
    demands: list[ColumnElement[bool]] = [column.is_not(None)]
    if low is not None:
        demands.append(column > low if bounds.low_open else column >= low)
    if high is not None:
        demands.append(column < high if bounds.high_open else column <= high)
    return and_(*demands)


def _in_days(column: Column[datetime], bounds: Bounds) -> ColumnElement[bool]:
    demands: list[ColumnElement[bool]] = []
    if isinstance(bounds.low, date):
        demands.append(column >= _midnight(bounds.low, after=bounds.low_open))
    if isinstance(bounds.high, date):
        demands.append(column < _midnight(bounds.high, after=not bounds.high_open))
    return and_(*demands)


def _midnight(day: date, *, after: bool) -> datetime:
    """Returns the moment at which a day begins or, with ``after``, ends."""
    begins = datetime.combine(day, time())
    return begins + timedelta(days=1) if after and day < date.max else begins
