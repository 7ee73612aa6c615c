"""Tells whether a filter means a file before it is in the catalogue, as the catalogue tells it of a document. Pure."""

from __future__ import annotations

from datetime import date

from rag.fields.filters import Bounds, DocumentFilter, FieldCondition
from rag.fields.values import Description, Field, fold


def unknown_of_files(chosen: DocumentFilter) -> tuple[str, ...]:
    """Returns the parts of a filter that say nothing of a file: only the catalogue knows them."""
    asked = {
        "document_ids": chosen.document_ids is not None,
        "states": bool(chosen.states),
        "uploaded": not chosen.uploaded.is_open,
    }
    return tuple(name for name, is_asked in asked.items() if is_asked)


def matches(chosen: DocumentFilter, *, name: str, media_type: str, said: Description) -> bool:
    """Returns whether the filter means a file of this name and type, of which this is said."""
    tags = {fold(tag) for tag in said.tags}
    fields = {field.name: field for field in said.fields}
    return (
        (not chosen.media_types or media_type in chosen.media_types)
        and (not chosen.any_tags or not tags.isdisjoint(map(fold, chosen.any_tags)))
        and tags.issuperset(map(fold, chosen.all_tags))
        and tags.isdisjoint(map(fold, chosen.no_tags))
        and chosen.name.lower() in name.lower()
        and all(_meets(fields.get(fold(condition.name)), condition) for condition in chosen.fields)
    )


def _meets(field: Field | None, condition: FieldCondition) -> bool:
    if condition.exists is not None and condition.exists is not (field is not None):
        return False
    if not (condition.values or condition.contains) and condition.bounds.is_open:
        return True
    if field is None:
        return False
    text = fold(field.text)
    return (
        (not condition.values or any(_equals(field, text, value) for value in condition.values))
        and fold(condition.contains) in text
        and (condition.bounds.is_open or _within(field, condition.bounds))
    )


def _equals(field: Field, text: str, value: str | float | date) -> bool:
    return field.value == float(value) if isinstance(value, int | float) else text == fold(str(value))


def _within(field: Field, bounds: Bounds) -> bool:
    """Returns whether a field is in a range, whose type says which values can be."""
    value = field.value
    of_days = isinstance(bounds.low, date) or isinstance(bounds.high, date)
    if isinstance(value, str) or isinstance(value, date) is not of_days:
        return False
    if bounds.low is not None and not (value > bounds.low or (value == bounds.low and not bounds.low_open)):  # type: ignore[operator]
        return False
    return bounds.high is None or value < bounds.high or (value == bounds.high and not bounds.high_open)  # type: ignore[operator]
