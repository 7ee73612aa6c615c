from __future__ import annotations

import pytest

from rag.composition.phrases.synonyms import synonyms_of
from rag.composition.ranking import shares_of
from rag.text.words import words


@pytest.mark.parametrize(
    ("asked", "held"), [("vacation", "leave"), ("price", "fees"), ("Chef", "Vorgesetzten"), ("年假", "休假")]
)
def test_words_of_a_group_stand_for_each_other_in_every_form(asked: str, held: str) -> None:
    assert shares_of(words(asked), frozenset(words(held))) == [0.8]


def test_a_word_with_other_meanings_stands_for_those_before_it_alone() -> None:
    [leave] = words("leave")
    assert leave in synonyms_of("pto")
    assert synonyms_of(leave) == frozenset()


def test_other_words_have_none() -> None:
    assert synonyms_of("mast") == frozenset()
