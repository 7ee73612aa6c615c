"""The tables of tags and fields, and how they are read and written within a transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from rag.catalog.database.tables import METADATA
from rag.errors import WrongFieldError
from rag.fields.values import MOST_FIELDS, MOST_TAGS, Description, Field, FieldType, fold

_FOLDED_CHARACTERS = 200
_DOCUMENT = ("documents.id", "CASCADE")

DOCUMENT_TAGS = Table(
    "document_tags",
    METADATA,
    Column("document_id", String(32), ForeignKey(_DOCUMENT[0], ondelete=_DOCUMENT[1]), primary_key=True),
    Column("folded", String(128), primary_key=True),  # tags are compared by it
    Column("tag", String(64), nullable=False),
    # A person or a program gave it; any other comes from the file, and goes with its version.
    Column("given", Boolean, nullable=False),
    Index("document_tags_by_tag", "folded", "document_id"),
)

DOCUMENT_FIELDS = Table(
    "document_fields",
    METADATA,
    Column("document_id", String(32), ForeignKey(_DOCUMENT[0], ondelete=_DOCUMENT[1]), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("type", String(8), nullable=False),
    Column("value", Text, nullable=False),
    # The start of the value, by which it is compared.
    Column("folded", String(256), nullable=False),
    Column("number", Float),
    Column("day", String(10)),  # YYYY-MM-DD, which sorts as days do
    Column("given", Boolean, nullable=False),
    Index("document_fields_by_value", "name", "folded", "document_id"),
)


def folded_value(text: str) -> str:
    """Returns the text by which the values of fields are compared."""
    return fold(text)[:_FOLDED_CHARACTERS]


def descriptions(connection: Connection, document_ids: Collection[str]) -> Mapping[str, Description]:
    """Returns the tags and fields of documents, in alphabetical order; without those that have none."""
    tags: dict[str, list[str]] = {}
    fields: dict[str, list[Field]] = {}
    for chosen in _portions(document_ids):
        found = select(DOCUMENT_TAGS).where(DOCUMENT_TAGS.c.document_id.in_(chosen)).order_by(DOCUMENT_TAGS.c.folded)
        for row in connection.execute(found):
            tags.setdefault(row.document_id, []).append(row.tag)
        held = select(DOCUMENT_FIELDS).where(DOCUMENT_FIELDS.c.document_id.in_(chosen))
        for row in connection.execute(held.order_by(DOCUMENT_FIELDS.c.name)):
            fields.setdefault(row.document_id, []).append(_field(row))
    return {
        each: Description(tags=tuple(tags.get(each, ())), fields=tuple(fields.get(each, ())))
        for each in tags.keys() | fields.keys()
    }


def set_from_file(connection: Connection, document_id: str, description: Description) -> None:
    """Replaces the tags and fields that came from the file of the version before; what was given stays as it is."""
    for table in (DOCUMENT_TAGS, DOCUMENT_FIELDS):
        connection.execute(delete(table).where(table.c.document_id == document_id, ~table.c.given))
    given = _given(connection, document_id)
    tags = [tag for tag in description.tags if fold(tag) not in given[0]]
    fields = [each for each in description.fields if each.name not in given[1]]
    _add_tags(connection, document_id, tags[: MOST_TAGS - len(given[0])], given=False)
    _add_fields(connection, document_id, fields[: MOST_FIELDS - len(given[1])], given=False)


def add_given(connection: Connection, document_id: str, description: Description) -> None:
    """Adds tags, and sets fields in place of those of the same names.

    Raises:
        WrongFieldError: the document would have too many.
    """
    if not description.tags and not description.fields:
        return
    _remove(connection, DOCUMENT_TAGS.c.folded, document_id, [fold(tag) for tag in description.tags])
    _remove(connection, DOCUMENT_FIELDS.c.name, document_id, [field.name for field in description.fields])
    _add_tags(connection, document_id, description.tags, given=True)
    _add_fields(connection, document_id, description.fields, given=True)
    held = descriptions(connection, [document_id]).get(document_id, Description())
    if len(held.tags) > MOST_TAGS or len(held.fields) > MOST_FIELDS:
        raise WrongFieldError("A document", f"has {MOST_TAGS} tags and {MOST_FIELDS} fields at most")


def remove_tags(connection: Connection, document_id: str, tags: Iterable[str] | None) -> None:
    """Removes tags, all of them for None."""
    _remove(connection, DOCUMENT_TAGS.c.folded, document_id, None if tags is None else [fold(tag) for tag in tags])


def remove_fields(connection: Connection, document_id: str, names: Iterable[str] | None) -> None:
    """Removes fields by their names, all of them for None."""
    _remove(connection, DOCUMENT_FIELDS.c.name, document_id, None if names is None else list(names))


def _given(connection: Connection, document_id: str) -> tuple[set[str], set[str]]:
    tags = select(DOCUMENT_TAGS.c.folded).where(DOCUMENT_TAGS.c.document_id == document_id)
    fields = select(DOCUMENT_FIELDS.c.name).where(DOCUMENT_FIELDS.c.document_id == document_id)
    return set(connection.execute(tags).scalars()), set(connection.execute(fields).scalars())


def _remove(connection: Connection, column: Column[str], document_id: str, chosen: list[str] | None) -> None:
    table: Any = column.table
    condition = table.c.document_id == document_id
    connection.execute(delete(table).where(condition if chosen is None else condition & column.in_(chosen)))


def _add_tags(connection: Connection, document_id: str, tags: Collection[str], *, given: bool) -> None:
    rows = [{"document_id": document_id, "folded": fold(tag), "tag": tag, "given": given} for tag in tags]
    if rows:
        connection.execute(insert(DOCUMENT_TAGS), rows)


def _add_fields(connection: Connection, document_id: str, fields: Collection[Field], *, given: bool) -> None:
    rows = [
        {
            "document_id": document_id,
            "name": each.name,
            "type": each.type.value,
            "value": each.text,
            "folded": folded_value(each.text),
            "number": each.value if isinstance(each.value, float) else None,
            "day": each.text if isinstance(each.value, date) else None,
            "given": given,
        }
        for each in fields
    ]
    if rows:
        connection.execute(insert(DOCUMENT_FIELDS), rows)


def _field(row: Row[Any]) -> Field:
    value: str | float | date = row.value
    if row.type == FieldType.NUMBER:
        value = float(row.number)
    elif row.type == FieldType.DATE:
        value = date.fromisoformat(row.day)
    return Field(name=row.name, value=value, given=row.given)


def _portions(document_ids: Collection[str], size: int = 900) -> Iterable[list[str]]:
    """Yields the ids in portions that a database takes as the parameters of one statement."""
    listed = list(document_ids)
    return (listed[start : start + size] for start in range(0, len(listed), size))
