"""The filter of documents, the same for searches, questions, chat completions and lists."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from api.schemas.base import Request
from ingest.intake.formats import MEDIA_TYPES
from rag.catalog.database.records import VersionState
from rag.errors import NoSuchDayError, WrongFieldError
from rag.fields.filters import Bounds, DocumentFilter, FieldCondition
from rag.fields.values import NAME_CHARACTERS, TAG_CHARACTERS, TEXT_CHARACTERS, day_of, is_written_as_day

Value = Annotated[StrictStr, Field(max_length=TEXT_CHARACTERS)] | StrictInt | StrictFloat
_Tags = Annotated[list[Annotated[str, Field(max_length=TAG_CHARACTERS)]], Field(max_length=100)]
_MOST_VALUES = 100
_MOST_FIELDS = 20


class TagFilter(Request):
    """Tags; upper and lower case count as equal."""

    any: _Tags = Field(default_factory=list)
    all: _Tags = Field(default_factory=list)
    none: _Tags = Field(default_factory=list)


class RangeFilter(Request):
    """A range of numbers or of days (`YYYY-MM-DD`); `from` and `to` are part of it, `after` and `before` are not."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, serialize_by_alias=True)

    low: Value | None = Field(default=None, alias="from")
    high: Value | None = Field(default=None, alias="to")
    after: Value | None = None
    before: Value | None = None

    def to_bounds(self, subject: str) -> Bounds:
        """Returns the range.

        Raises:
            WrongFieldError: a bound comes twice, is neither number nor day, or the two are of different types.
        """
        if (self.low is not None and self.after is not None) or (self.high is not None and self.before is not None):
            raise WrongFieldError(subject, "must have one of 'from' and 'after', and one of 'to' and 'before'")
        low = _bound(subject, self.low if self.after is None else self.after)
        high = _bound(subject, self.high if self.before is None else self.before)
        if low is not None and high is not None and isinstance(low, date) is not isinstance(high, date):
            raise WrongFieldError(subject, "must have two numbers or two days as bounds")
        return Bounds(low=low, high=high, low_open=self.after is not None, high_open=self.before is not None)


class FieldFilter(RangeFilter):
    """What a field must be. All parts must hold; a value that stands alone is `equals`."""

    equals: Value | None = None
    one_of: list[Value] = Field(default_factory=list, alias="in", max_length=_MOST_VALUES)
    contains: str = Field(default="", max_length=200)
    exists: StrictBool | None = None

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, given: Any) -> Any:  # noqa: ANN401 - any JSON
        return {"equals": given} if isinstance(given, str | int | float) and not isinstance(given, bool) else given

    def to_condition(self, name: str) -> FieldCondition:
        """Returns the condition on the field of this name.

        Raises:
            WrongFieldError: its range is wrong.
        """
        values = self.one_of if self.equals is None else [self.equals]
        if self.equals is not None and self.one_of:
            raise WrongFieldError(f"filter.fields.{name}", "must have one of 'equals' and 'in'")
        return FieldCondition(
            name=name,
            values=tuple(values),
            bounds=self.to_bounds(f"filter.fields.{name}"),
            contains=self.contains,
            exists=self.exists,
        )


class Filter(Request):
    """Narrows documents. All parts must hold; an empty part does not narrow."""

    document_ids: list[str] = Field(default_factory=list, max_length=1_000)
    media_types: list[str] = Field(default_factory=list, max_length=100, examples=[["application/pdf"]])
    types: list[str] = Field(
        default_factory=list, max_length=100, description="Endings of file names.", examples=[["pdf", "docx"]]
    )
    tags: TagFilter = Field(default_factory=TagFilter, examples=[{"any": ["contract"]}])
    fields: dict[Annotated[str, Field(max_length=NAME_CHARACTERS)], FieldFilter] = Field(
        default_factory=dict,
        max_length=_MOST_FIELDS,
        description="Conditions by the names of fields.",
        examples=[{"year": {"from": 2020, "to": 2024}}],
    )
    name: str = Field(default="", max_length=200, description="Text that the name or the title holds.")
    states: list[VersionState] = Field(default_factory=list, max_length=10)
    uploaded: RangeFilter = Field(
        default_factory=RangeFilter,
        description="Days of the first upload, in UTC.",
        examples=[{"from": "2024-01-01"}],
    )

    def to_value(self) -> DocumentFilter:
        """Returns the filter as the catalogue expects it.

        Raises:
            WrongFieldError: a type of file is not known, or a range is wrong.
        """
        uploaded = self.uploaded.to_bounds("filter.uploaded")
        if any(isinstance(edge, float | int) for edge in (uploaded.low, uploaded.high)):
            raise WrongFieldError("filter.uploaded", "must have days as bounds, such as 2024-12-31")
        return DocumentFilter(
            document_ids=frozenset(self.document_ids) or None,
            media_types=self._all_media_types(),
            any_tags=frozenset(self.tags.any),
            all_tags=frozenset(self.tags.all),
            no_tags=frozenset(self.tags.none),
            fields=tuple(condition.to_condition(name) for name, condition in self.fields.items()),
            name=self.name.strip(),
            states=frozenset(self.states),
            uploaded=uploaded,
        )

    def _all_media_types(self) -> frozenset[str]:
        endings = [f".{each.strip().lower().removeprefix('.')}" for each in self.types]
        if unknown := [each for each in endings if each not in MEDIA_TYPES]:
            raise WrongFieldError(f"The type '{unknown[0][1:60]}'", "is not read; name one such as 'pdf' or 'docx'")
        by_ending = frozenset(MEDIA_TYPES[each] for each in endings)
        given = frozenset(self.media_types)
        if given and by_ending:
            return (given & by_ending) or frozenset({"none/none"})  # no file has both
        return given | by_ending

    @property
    def is_empty(self) -> bool:
        """Whether it narrows nothing."""
        return self.to_value() == DocumentFilter()

    def stored(self) -> str | None:
        """Returns the filter as JSON, as short as it can be; None for an empty one."""
        return None if self.is_empty else self.model_dump_json(exclude_defaults=True, by_alias=True)

    @classmethod
    def read(cls, stored: str | None) -> Self | None:
        """Returns a stored filter; None where there is none."""
        return cls.model_validate_json(stored) if stored else None


def _bound(subject: str, given: str | float | None) -> float | date | None:
    if given is None or not isinstance(given, str):
        return None if given is None else float(given)
    day = day_of(given)
    if day is None and is_written_as_day(given):
        raise NoSuchDayError(subject, given)
    if day is None or len(given) != len("2024-12-31"):
        raise WrongFieldError(subject, "must have numbers or days such as 2024-12-31 as bounds")
    return day
