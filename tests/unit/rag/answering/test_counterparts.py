from __future__ import annotations

import pytest

from rag.answering.counterparts import asking_part, counterparts, telling_words
from rag.retrieval.evidence import EvidenceScorer
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder

HITS = (
    make_hit(
        "The Bicycle Repair Shop opened on 14 March 2026. Der Schlüssel hängt am Kabel der Schaltung.", key="shop"
    ),
)


def missing(question: str) -> float:
    met = counterparts(question, HITS, ["The shop opened."], EvidenceScorer(HashEncoder()))
    assert met is not None
    return met.missing


@pytest.mark.parametrize(
    "word", ["shop", "shops", "BRS", "Schluessel", "Schaltungskabel", "2026-03-14", "March 14th", "14.03.2026"]
)
def test_a_word_is_met_by_its_forms_compounds_initials_and_other_ways_to_write_a_date(word: str) -> None:
    assert missing(f"Tell about {word}") == 0


@pytest.mark.parametrize("word", ["elephant", "2026-03-15", "XYZ"])
def test_a_word_that_nothing_found_holds_or_is_like_is_missing(word: str) -> None:
    assert missing(f"shop opened {word}") > 0.02


def test_without_vectors_of_words_nothing_is_told() -> None:
    assert counterparts("Where is the elephant?", HITS, ["x"], EvidenceScorer(FailingEncoder())) is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("peut-on utiliser du vinaigre ?", ["vinaigre"]),
        ("hvor mange stoler har de kjøpt", ["stoler", "kjøpt"]),
        ("Was hat das Fahrrad gekostet?", ["Fahrrad", "gekostet"]),
    ],
)
def test_small_words_of_the_questions_language_tell_nothing(question: str, expected: list[str]) -> None:
    found = [question[span.start : span.end] for span in telling_words(question)]
    assert set(expected) <= set(found) <= {*expected, "utiliser"}


def test_the_last_question_of_a_story_asks() -> None:
    story = "I came home late and the lamp was still on, so I called the landlord, who said that he knew nothing of it."
    assert asking_part(f"{story} Who pays for it? Thanks a lot.") == "Who pays for it?"
    assert asking_part("Thanks. Who pays for it?") == "Thanks. Who pays for it?"


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("What happens if I don't change the password?", "I don't change the password?"),
        ("what happens to loaves that are light", "loaves that are light"),
        ("Was passiert, wenn ich zu spät zahle?", "ich zu spät zahle?"),
        ("What happens at noon?", "What happens at noon?"),
    ],
)
def test_what_follows_from_something_is_asked_by_that(question: str, part: str) -> None:
    assert asking_part(question) == part
