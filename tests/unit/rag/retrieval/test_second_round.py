from __future__ import annotations

import numpy as np

from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.rerankers.model_free import SentenceReranker
from rag.retrieval.second_round import SecondQuery, SecondRound, join_rounds
from rag.types import Hit
from tests.support.builders.passages import make_hit, stored
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder


def hits(*names: str) -> tuple[Hit, ...]:
    return tuple(make_hit(f"Text of {name}.", key=name) for name in names)


def order(joined: tuple[Hit, ...]) -> list[str]:
    return [hit.chunk.text.removeprefix("Text of ").removesuffix(".") for hit in joined]


def test_the_first_three_keep_their_places_and_what_both_rounds_found_moves_up() -> None:
    assert order(join_rounds(hits("a", "b", "c", "d", "e"), hits("e", "b"))) == ["a", "b", "c", "e", "d"]


def test_what_only_the_second_round_found_comes_in() -> None:
    # 0.3 / 2 for x; 1 / 5 for d, 1 / 6 for e, 1 / 7 for f
    assert order(join_rounds(hits("a", "b", "c", "d", "e", "f"), hits("x"))) == ["a", "b", "c", "d", "e", "x", "f"]


def test_the_passage_that_led_there_takes_no_place_in_the_second_round() -> None:
    with_leader = join_rounds(hits("a", "b", "c", "d", "e"), hits("a", "e"))
    assert with_leader == join_rounds(hits("a", "b", "c", "d", "e"), hits("e"))


def test_a_second_round_that_found_nothing_changes_nothing() -> None:
    first = hits("a", "b", "c")
    assert join_rounds(first, ()) == first
    assert join_rounds((), hits("x")) == hits("x")


def test_the_lead_is_the_sentence_that_speaks_to_the_question() -> None:
    hit = make_hit("The harbour is old. The pump was built by Lindqvist. Lunch is at noon.")
    query = SecondRound(EvidenceScorer(HashEncoder())).query("Where was the man born who built the pump?", (hit,))
    assert query == SecondQuery(text="The pump was built by Lindqvist.", vector=None)


def test_without_hits_there_is_no_lead() -> None:
    assert SecondRound(EvidenceScorer(HashEncoder())).query("Anything?", ()) is None


def test_a_reranker_that_read_sentences_has_told_the_lead() -> None:
    hit = make_hit("The harbour is old. The pump was built by Lindqvist. Lunch is at noon.")
    [told] = SentenceReranker(EvidenceScorer(HashEncoder())).rerank("Who built the pump?", (hit,))
    query = SecondRound(EvidenceScorer(FailingEncoder())).query("Lunch at noon?", (told,))
    assert query == SecondQuery(text="The pump was built by Lindqvist.", vector=None)


def test_the_lead_comes_with_its_stored_vector() -> None:
    hit = make_hit("The harbour is old. The pump was built by Lindqvist. Lunch is at noon.")
    hit = stored(hit, HashEncoder())
    query = SecondRound(EvidenceScorer(FailingEncoder())).query("Who built the pump?", (hit,))
    assert query is not None
    assert query.vector is not None
    assert hit.sentences is not None
    assert np.array_equal(query.vector, hit.sentences.vectors()[1])
