"""Tags and fields of a document: typed values, in bounds. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rag.errors import NoSuchDayError, WrongFieldError

MOST_TAGS = MOST_FIELDS = 64
TAG_CHARACTERS = NAME_CHARACTERS = 64
TEXT_CHARACTERS = 1_000
_LARGEST = 1e15
_NAME = re.compile(r"[^\W_][\w .-]{0,63}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONTROL = frozenset({"Cc", "Cs", "Cf"})

FieldValue = str | float | date


class FieldType(StrEnum):
    """The type of a field's value."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A named value. ``given``: a person or a program set it; any other comes from the file and goes with its version.

    Names are in lower case.
    """

    name: str
    value: FieldValue
    given: bool = True

    @property
    def type(self) -> FieldType:
        """The type of the value."""
        if isinstance(self.value, str):
            return FieldType.TEXT
        return FieldType.DATE if isinstance(self.value, date) else FieldType.NUMBER

    @property
    def text(self) -> str:
        """The value as text: a date as ``YYYY-MM-DD``, a whole number without a point."""
        if isinstance(self.value, float):
            return str(int(self.value)) if self.value.is_integer() else repr(self.value)
        return str(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is said about a document: tags, and fields by their names, each name once.

    ``remarks`` tell of values that could not be taken as they were meant.
    """

    tags: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    remarks: tuple[str, ...] = ()


NOTHING_SAID = Description()


def fold(text: str) -> str:
    """Returns the text by which tags, names and values are compared: case and Unicode form do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def tag_of(given: object) -> str:
    """Returns a tag, with single spaces.

    Raises:
        WrongFieldError: it is no text, empty or too long.
    """
    if not isinstance(given, str | int | float | date):
        raise WrongFieldError("A tag", "must be text")
    tag = _plain(str(given))
    if not tag or max(len(tag), len(fold(tag)) // 2) > TAG_CHARACTERS:
        raise WrongFieldError(f"The tag '{tag[:40]}'", f"must have 1 to {TAG_CHARACTERS} characters")
    return tag


def tags_of(given: Iterable[object]) -> tuple[str, ...]:
    """Returns tags, each once.

    Raises:
        WrongFieldError: one is wrong, or there are too many.
    """
    tags = {fold(tag): tag for tag in reversed([tag_of(each) for each in given])}
    if len(tags) > MOST_TAGS:
        raise WrongFieldError("A document", f"has {MOST_TAGS} tags at most")
    return tuple(reversed(tags.values()))


def name_of(given: object) -> str:
    """Returns the name of a field, in lower case.

    Raises:
        WrongFieldError: it does not have the form of a name.
    """
    name = fold(given) if isinstance(given, str) else ""
    if not _NAME.fullmatch(name):
        raise WrongFieldError(
            f"The field '{str(given)[:40]}'",
            f"needs a name of {NAME_CHARACTERS} characters at most that begins with a letter or a digit and has "
            "letters, digits, spaces, dots, dashes and underscores",
        )
    return name


def field_of(name: object, given: object, *, from_file: bool = False) -> Field:
    """Returns a field: a number, a date of ``YYYY-MM-DD``, or text. ``{"type": ..., "value": ...}`` names the type.

    Raises:
        NoSuchDayError: it is a day that the calendar does not have, and not said to be text.
        WrongFieldError: the name or the value is wrong.
    """
    named = name_of(name)
    subject = f"The field '{named}'"
    kind = None
    if isinstance(given, Mapping):
        if given.keys() != {"type", "value"} or given["type"] not in {*FieldType}:
            raise WrongFieldError(subject, 'must be text, a number, a date, or {"type": "text", "value": "..."}')
        kind, given = FieldType(given["type"]), given["value"]
    value = _text(subject, given) if kind is FieldType.TEXT else _value(subject, given)
    field = Field(name=named, value=value, given=not from_file)
    if kind not in {None, field.type}:
        example = "2024-12-31" if kind is FieldType.DATE else "12.5"
        raise WrongFieldError(subject, f"is no {kind}; write {example}")
    return field


def fields_of(given: Mapping[str, object]) -> tuple[Field, ...]:
    """Returns the fields of a JSON object, by name.

    Raises:
        WrongFieldError: one is wrong, or there are too many.
    """
    fields = {field.name: field for field in (field_of(name, value) for name, value in given.items())}
    if len(fields) > MOST_FIELDS:
        raise WrongFieldError("A document", f"has {MOST_FIELDS} fields at most")
    return tuple(fields[name] for name in sorted(fields))


def day_of(text: str) -> date | None:
    """Returns the day that ``YYYY-MM-DD`` names, also with a time behind it; None for any other text."""
    if not _DAY.match(text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def is_written_as_day(text: str) -> bool:
    """Returns whether a text has the form ``YYYY-MM-DD``."""
    return _DAY.fullmatch(text) is not None


def _value(subject: str, given: object) -> FieldValue:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float):
        if not (isinstance(given, int) or math.isfinite(given)) or abs(given) > _LARGEST:
            raise WrongFieldError(subject, "must be a number between -1e15 and 1e15")
        return float(given)
    text = _text(subject, given)
    if not is_written_as_day(text):
        return text
    day = day_of(text)
    if day is None:
        raise NoSuchDayError(subject, text)
    return day


def _text(subject: str, given: object) -> str:
    if not isinstance(given, str | int | float | date):
        raise WrongFieldError(subject, "must be text, a number or a date")
    text = _plain(str(given))
    if not text or len(text) > TEXT_CHARACTERS:
        raise WrongFieldError(subject, f"must have 1 to {TEXT_CHARACTERS:,} characters")
    return text


def _plain(text: str) -> str:
    """Returns the text in one line, without control characters and marks of direction."""
    shown = "".join(" " if unicodedata.category(each) in _CONTROL else each for each in text)
    return " ".join(unicodedata.normalize("NFC", shown).split())
