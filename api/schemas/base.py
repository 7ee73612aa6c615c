"""Base classes and types of all request and response bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, PydanticKnownError

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable(text: str) -> str:
    """Returns the text.

    Raises:
        ValueError: it holds NUL, which PostgreSQL refuses, or half of a surrogate pair, which UTF-8 has no bytes for.
    """
    if _UNSTORABLE.search(text):
        raise ValueError("no text")
    return text


def _no_text(given: object) -> object:
    """Refuses text and booleans, which pydantic would convert to a number; 8.0 is a number."""
    if isinstance(given, str | bool):
        raise PydanticKnownError("int_type")
    return given


WholeNumber = Annotated[int, BeforeValidator(_no_text)]


class Request(BaseModel):
    """A body that is received. Unknown fields and text that cannot be stored are errors."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_unstorable(cls, body: Any) -> Any:  # noqa: ANN401 - any JSON
        error = PydanticCustomError("broken_text", "no text")
        faults = [InitErrorDetails(type=error, loc=place, input=None) for place in _unstorable(body)]
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return body


def _unstorable(body: Any) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - any JSON
    """Yields the places of text that cannot be stored, names of fields included."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), body)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                yield place
        elif isinstance(value, list):
            waiting += [((*place, number), item) for number, item in enumerate(value)]
        elif isinstance(value, dict):
            for name, item in value.items():
                if _UNSTORABLE.search(name):
                    yield (*place, _UNSTORABLE.sub("?", name))
                waiting.append(((*place, name), item))


class Response(BaseModel):
    """A body that is sent, read from a record: an alias names the attribute where the two differ."""

    model_config = ConfigDict(from_attributes=True, frozen=True, validate_by_name=True)


NEXT_CURSOR = "Send it as `cursor` for the next page; null on the last page."


class FailureBody(Response):
    """Why a document could not be ingested."""

    code: str
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457); ``code`` is stable, ``detail`` says what to do next.

    ``values`` are what ``detail`` is made of, to word it in another language.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    values: dict[str, str | int | float] = {}
