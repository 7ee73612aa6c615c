"""Finds the documents that a filter means, for lists and for questions. What a caller may not see is left out here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, cast, func, literal, select, tuple_

from rag.catalog.database.connection import Database
from rag.catalog.database.description_rows import DOCUMENT_FIELDS, DOCUMENT_TAGS
from rag.catalog.database.records import DocumentRecord
from rag.catalog.database.rows import document_records, in_scope
from rag.catalog.database.tables import DOCUMENTS
from rag.catalog.selection.conditions import SHOWN, STATE, conditions_of, with_versions
from rag.errors import UnknownFieldError
from rag.fields.filters import DocumentFilter
from rag.fields.values import fold
from rag.types import Scope

_MOST_TAGS_COUNTED = 200
_MOST_FIELDS_NAMED = 50


class Sort(StrEnum):
    """What a list of documents is sorted by; ``DATE`` is that of the last change."""

    NAME = "name"
    DATE = "date"
    SIZE = "size"
    PAGES = "pages"
    STATE = "state"
    TYPE = "type"


_KEYS: Mapping[Sort, ColumnElement[Any]] = {
    Sort.NAME: func.lower(DOCUMENTS.c.name),
    Sort.DATE: DOCUMENTS.c.updated_at,
    Sort.SIZE: SHOWN.c.size_bytes,
    Sort.PAGES: func.coalesce(SHOWN.c.page_count, 0),
    Sort.STATE: STATE,
    Sort.TYPE: SHOWN.c.media_type,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order of a list; documents with the same key are sorted by id."""

    by: Sort
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document of a sorted list, with the key by which it has its place, as text."""

    record: DocumentRecord
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCount:
    """How many documents have a field of this name and type."""

    name: str
    type: str
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Counts of the documents that a filter means; the most frequent tags and fields first."""

    documents: int
    states: Mapping[str, int]
    types: Mapping[str, int]
    tags: Mapping[str, int]
    fields: tuple[FieldCount, ...]


class Selection:
    """Reads the documents that filters mean. Safe to call from several threads.

    ``conditions`` are further ones over ``DOCUMENTS``: what a caller may not read is left out by them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def allowed(self, scope: Scope, chosen: DocumentFilter, *conditions: ColumnElement[bool]) -> frozenset[str] | None:
        """Returns the ids of the documents that a question may be answered from; None for all of the scope.

        Raises:
            UnknownFieldError: the filter names a field that no document of the scope has.
        """
        demands = [*conditions_of(chosen), *conditions]
        if not demands:
            return None
        wanted = select(DOCUMENTS.c.id).select_from(with_versions()).where(in_scope(DOCUMENTS, scope), *demands)
        with self._database.read() as connection:
            _refuse_unknown_fields(connection, chosen, in_scope(DOCUMENTS, scope), *conditions)
            return frozenset(connection.execute(wanted).scalars())

    def page(
        self,
        tenant: str,
        collection: str | None,
        chosen: DocumentFilter,
        *conditions: ColumnElement[bool],
        order: Order,
        after: tuple[str, str] | None = None,
        limit: int,
    ) -> Sequence[Listed]:
        """Returns documents in order, beginning after a document's key and id.

        Raises:
            UnknownFieldError: the filter names a field that no document has.
            ValueError: the key is none of this order.
        """
        scope = _within(tenant, collection)
        key, ids = _KEYS[order.by], DOCUMENTS.c.id
        wanted = select(ids, key.label("key")).select_from(with_versions())
        wanted = wanted.where(*scope, *conditions_of(chosen), *conditions)
        if after is not None:
            here, there = tuple_(key, ids), tuple_(_typed(order.by, after[0]), literal(after[1]))
            wanted = wanted.where(here < there if order.descending else here > there)
        columns = (key.desc(), ids.desc()) if order.descending else (key, ids)
        with self._database.read() as connection:
            _refuse_unknown_fields(connection, chosen, *scope, *conditions)
            rows = connection.execute(wanted.order_by(*columns).limit(limit)).all()
            found = document_records(connection, ids.in_([row.id for row in rows]))
        records = {record.document_id: record for record in found}
        return [
            Listed(record=records[row.id], key=row.key.isoformat() if isinstance(row.key, datetime) else str(row.key))
            for row in rows
            if row.id in records
        ]

    def counts(
        self, tenant: str, collection: str | None, chosen: DocumentFilter, *conditions: ColumnElement[bool]
    ) -> Counts:
        """Counts the documents that a filter means, by state, media type, tag and field.

        Raises:
            UnknownFieldError: the filter names a field that no document has.
        """
        scope = _within(tenant, collection)
        demands = (*scope, *conditions_of(chosen), *conditions)
        states: Counter[str] = Counter()
        types: Counter[str] = Counter()
        grouped = select(STATE.label("state"), SHOWN.c.media_type, func.count()).select_from(with_versions())
        with self._database.read() as connection:
            _refuse_unknown_fields(connection, chosen, *scope, *conditions)
            for state, media_type, count in connection.execute(
                grouped.where(*demands).group_by(STATE, SHOWN.c.media_type)
            ):
                states[state] += count
                types[media_type] += count
            chosen_ids = select(DOCUMENTS.c.id).select_from(with_versions()).where(*demands)
            tags, fields = _tags(connection, chosen_ids), _fields(connection, chosen_ids)
        return Counts(
            documents=states.total(),
            states=dict(states),
            types=dict(types.most_common()),
            tags=tags,
            fields=fields,
        )


def _within(tenant: str, collection: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [DOCUMENTS.c.tenant == tenant]
    return conditions if collection is None else [*conditions, DOCUMENTS.c.collection == collection]


def _typed(sort: Sort, key: str) -> ColumnElement[Any]:
    if sort is Sort.DATE:
        return literal(datetime.fromisoformat(key).replace(tzinfo=None))
    return literal(int(key)) if sort in {Sort.SIZE, Sort.PAGES} else cast(literal(key), String)


def _tags(connection: Connection, chosen_ids: Select[tuple[str]]) -> Mapping[str, int]:
    tags, count = DOCUMENT_TAGS, func.count()
    found = select(func.min(tags.c.tag), count).where(tags.c.document_id.in_(chosen_ids)).group_by(tags.c.folded)
    rows = connection.execute(found.order_by(count.desc(), tags.c.folded).limit(_MOST_TAGS_COUNTED))
    return {tag: int(number) for tag, number in rows}


def _fields(connection: Connection, chosen_ids: Select[tuple[str]]) -> tuple[FieldCount, ...]:
    fields, count = DOCUMENT_FIELDS, func.count()
    found = select(fields.c.name, fields.c.type, count).where(fields.c.document_id.in_(chosen_ids))
    rows = connection.execute(found.group_by(fields.c.name, fields.c.type).order_by(count.desc(), fields.c.name))
    return tuple(FieldCount(name=name, type=kind, documents=int(number)) for name, kind, number in rows)


def _refuse_unknown_fields(connection: Connection, chosen: DocumentFilter, *within: ColumnElement[bool]) -> None:
    wanted = {fold(condition.name) for condition in chosen.fields}
    if not wanted:
        return
    names = select(DOCUMENT_FIELDS.c.name).where(
        DOCUMENT_FIELDS.c.document_id.in_(select(DOCUMENTS.c.id).where(*within))
    )
    known = set(connection.execute(names.where(DOCUMENT_FIELDS.c.name.in_(wanted)).distinct()).scalars())
    if missing := sorted(wanted - known):
        every = connection.execute(names.distinct().order_by(DOCUMENT_FIELDS.c.name).limit(_MOST_FIELDS_NAMED))
        raise UnknownFieldError(missing[0], list(every.scalars()))
