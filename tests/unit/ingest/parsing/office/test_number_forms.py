from __future__ import annotations

import pytest

from ingest.parsing.office.number_forms import formatted


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("upperRoman", "IV"), ("lowerLetter", "d"), ("decimalZero", "04"), ("000", "004"), ("ordinal", "4th"),
        ("ordinalText", "Fourth"), ("cardinalText", "Four"), ("decimalEnclosedCircle", "④"), ("russianUpper", "Г"),
        ("chineseCounting", "四"), ("numberInDash", "- 4 -"), ("chicago", "§"), ("bullet", ""), ("of tomorrow", "4"),
    ],
)  # fmt: skip
def test_forms_of_a_number(form: str, written: str) -> None:
    assert formatted(4, form) == written


@pytest.mark.parametrize(("form", "written"), [("decimalZero", "00"), ("ordinal", "0th"), ("lowerRoman", "0")])
def test_lists_may_begin_at_zero(form: str, written: str) -> None:
    assert formatted(0, form) == written


@pytest.mark.parametrize("number", [0, -3, 10**9])
@pytest.mark.parametrize(
    "form", ["lowerRoman", "lowerLetter", "ordinalText", "decimalEnclosedCircle", "japaneseCounting"]
)
def test_numbers_that_no_form_has_are_bounded(form: str, number: int) -> None:
    assert len(formatted(number, form)) <= 20


@pytest.mark.parametrize(("number", "written"), [(10, "十"), (14, "十四"), (30, "三十"), (47, "四十七")])
def test_tens_in_chinese(number: int, written: str) -> None:
    assert formatted(number, "chineseCounting") == written
