from __future__ import annotations

from dataclasses import replace

import pytest

from rag.answering.cache import AnswerCache, key_of, normalise
from rag.answers import Question, Role, TextDelta, Turn
from rag.fields.tuning import Tuning
from rag.types import Scope, SearchFilter

QUESTION = Question(text="How long is the warranty?", scope=Scope(tenant="acme", collection="manuals"))
HOUR = 3_600.0


class Seconds:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def answer(characters: int = 1) -> list[TextDelta]:
    return [TextDelta(text="x" * characters)]


def cache_of(capacity_bytes: int = 100_000, clock: Seconds | None = None) -> AnswerCache:
    return AnswerCache(capacity_bytes=capacity_bytes, max_age_seconds=HOUR, clock=clock or Seconds())


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("How long is the warranty?", "  how LONG is\tthe\nwarranty? "),
        ("How long？", "how long?"),
        ("保修期多长？", "保修期多长?"),
        ("Straße", "STRASSE"),
        ("café", "cafe\N{COMBINING ACUTE ACCENT}"),
    ],
)
def test_form_case_and_white_space_do_not_make_another_question(text: str, same: str) -> None:
    assert normalise(text) == normalise(same)
    keys = {key_of(replace(QUESTION, text=each), state="s", writer="w") for each in (text, same)}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, text="How long is the guarantee?"),
        replace(QUESTION, scope=Scope(tenant="globex", collection="manuals")),
        replace(QUESTION, scope=Scope(tenant="acme", collection="minutes")),
        replace(QUESTION, filter=SearchFilter(document_ids=frozenset({"d1"}))),
        replace(QUESTION, filter=SearchFilter(document_ids=frozenset())),
        replace(QUESTION, filter=SearchFilter(media_types=frozenset({"d1"}))),
        replace(QUESTION, tuning=Tuning(dense_weight=2.0)),
        replace(QUESTION, tuning=Tuning(instructions="Be short.")),
        replace(QUESTION, history=(Turn(role=Role.USER, content="The Fjord 6?"),)),
        replace(QUESTION, history=(Turn(role=Role.ASSISTANT, content="The Fjord 6?"),)),
    ],
)
def test_all_that_an_answer_depends_on_makes_another_key(other: Question) -> None:
    assert key_of(QUESTION, state="s", writer="w") != key_of(other, state="s", writer="w")


def test_another_state_of_the_documents_makes_another_key() -> None:
    assert key_of(QUESTION, state="s", writer="w") != key_of(QUESTION, state="t", writer="w")
    assert key_of(QUESTION, state="s", writer="w") != key_of(QUESTION, state="s", writer="v")


def test_the_order_within_a_filter_makes_no_other_key() -> None:
    names = [f"d{number}" for number in range(50)]
    there, back = (
        replace(QUESTION, filter=SearchFilter(document_ids=frozenset(each))) for each in (names, reversed(names))
    )
    assert key_of(there, state="s", writer="w") == key_of(back, state="s", writer="w")


def test_what_is_kept_comes_back_whole() -> None:
    cache = cache_of()
    cache.put(b"a", answer(3))
    assert cache.get(b"a") == tuple(answer(3))
    assert cache.get(b"b") is None


def test_the_answer_used_longest_ago_makes_room() -> None:
    cache = cache_of(capacity_bytes=5_000)
    cache.put(b"a", answer(2_000))
    cache.put(b"b", answer(2_000))
    assert cache.get(b"a") is not None
    cache.put(b"c", answer(2_000))
    assert [cache.get(key) is not None for key in (b"a", b"b", b"c")] == [True, False, True]
    assert (cache.counts.entries, cache.counts.evictions) == (2, 1)
    assert 4_000 < cache.counts.size_bytes <= 5_000


def test_an_answer_larger_than_the_cache_is_not_kept_and_drives_nothing_out() -> None:
    cache = cache_of(capacity_bytes=5_000)
    cache.put(b"a", answer(1_000))
    cache.put(b"b", answer(9_000))
    assert cache.get(b"b") is None
    assert cache.get(b"a") is not None


def test_words_that_several_events_share_are_counted_once() -> None:
    cache = cache_of()
    event = TextDelta(text="x" * 10_000)
    cache.put(b"a", [event, event])
    assert 10_000 < cache.counts.size_bytes < 11_000


def test_keeping_an_answer_again_replaces_it() -> None:
    cache = cache_of()
    cache.put(b"a", answer(1_000))
    cache.put(b"a", answer(10))
    assert cache.get(b"a") == tuple(answer(10))
    assert cache.counts.entries == 1
    assert cache.counts.size_bytes < 1_000


def test_an_answer_is_not_kept_for_longer_than_its_age() -> None:
    clock = Seconds()
    cache = cache_of(clock=clock)
    cache.put(b"a", answer())
    clock.now = HOUR - 1
    assert cache.get(b"a") is not None
    clock.now = HOUR
    assert cache.get(b"a") is None
    assert (cache.counts.entries, cache.counts.size_bytes) == (0, 0)


def test_clearing_leaves_nothing() -> None:
    cache = cache_of()
    cache.put(b"a", answer())
    cache.clear()
    assert cache.get(b"a") is None
    assert (cache.counts.entries, cache.counts.size_bytes, cache.cleared) == (0, 0, 1)
