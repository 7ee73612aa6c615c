import pytest

from rag.guard.personal.finder import find
from rag.settings import PersonalKind


def found(text: str) -> list[str]:
    return [text[each.span.start : each.span.end] for each in find(text) if each.kind is PersonalKind.BIRTH_DATE]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("She was born on 8/5/1989 in Oslo", "8/5/1989"),
        ("Date of birth: 12 March 1970", "12 March 1970"),
        ("DOB 01.02.85", "01.02.85"),
        ("geboren am 3. April 1962", "3. April 1962"),
        ("date de naissance : 1990-07-14", "1990-07-14"),
        ("出生日期:1985年3月2日", "1985年3月2日"),
    ],
)
def test_a_date_behind_a_word_of_birth_is_found(text: str, date: str) -> None:
    assert found(text) == [date]


@pytest.mark.parametrize(
    "text", ["Signed on 8/5/1989", "She was born in 1989", "The idea was born. It was a long day."]
)
def test_another_date_and_a_year_alone_are_none(text: str) -> None:
    assert found(text) == []
