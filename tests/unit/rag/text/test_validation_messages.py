from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from rag.text.validation_messages import words_for


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def words(kind: Any, value: object, **forms: str) -> str:
    """Returns what is said of a value that ``kind`` refuses."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    [fault] = caught.value.errors()
    return words_for(fault, forms=forms)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (str, 5, "must be text"),
        (int, "many", "must be a whole number"),
        (int, 1.5, "must be a whole number"),
        (float, "much", "must be a number"),
        (bool, "perhaps", "must be true or false"),
        (tuple[str, ...], "a", "must be a list"),
        (frozenset[str], "a", "must be a list"),
        (dict[str, int], [1], "must be a JSON object"),
        (Colour, "green", "must be 'red' or 'blue'"),
        (Literal["a"], "b", "must be 'a'"),
        (Annotated[int, Field(le=65_535)], 70_000, "must be 65,535 at most"),
        (Annotated[float, Field(ge=0)], -1, "must be 0 or more"),
        (Annotated[float, Field(gt=0.5)], 0.5, "must be more than 0.5"),
        (Annotated[int, Field(lt=3)], 3, "must be less than 3"),
        (Annotated[str, Field(min_length=1)], "", "must have 1 or more characters"),
        (Annotated[str, Field(max_length=3)], "long", "must have 3 characters at most"),
        (Annotated[list[int], Field(min_length=1)], [], "must have 1 or more entries"),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "must have 1 entries at most"),
    ],
)
def test_a_fault_is_told_in_plain_words(kind: Any, value: object, said: str) -> None:
    assert words(kind, value) == said


def test_a_pattern_is_told_in_the_words_that_were_given_for_it() -> None:
    digits = Annotated[str, Field(pattern="[0-9]+")]
    assert words(digits, "x", **{"[0-9]+": "must be digits"}) == "must be digits"
    assert words(digits, "x") == "does not have the form that it must have"


def test_what_the_words_do_not_cover_shows_neither_pydantic_nor_the_value() -> None:
    assert words(bytes, 5) == "is not valid"
