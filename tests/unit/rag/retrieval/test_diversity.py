from __future__ import annotations

from dataclasses import replace

from rag.retrieval.diversity import cap_per_document, collapse_duplicates, maximal_marginal_relevance
from rag.types import Hit
from tests.support.builders.passages import make_hit


def of_document(hit: Hit, document_id: str) -> Hit:
    return replace(hit, chunk=replace(hit.chunk, document_id=document_id))


def test_a_text_that_another_document_has_too_comes_once() -> None:
    first, copy = make_hit("Leave is 28 days.", key="a"), make_hit("Leave  is 28 Days.", key="b")
    other = make_hit("Leave is 29 days.", key="c")
    assert tuple(collapse_duplicates((first, other, copy))) == (first, other)


def test_a_cap_moves_a_documents_other_passages_behind() -> None:
    documents = zip("abcd", "xxyx", strict=True)
    hits = [of_document(make_hit(f"Text {key}.", key=key), document) for key, document in documents]
    assert tuple(cap_per_document(hits, most=1)) == (hits[0], hits[2], hits[1], hits[3])
    assert tuple(cap_per_document(hits, most=0)) == tuple(hits)


def test_novelty_moves_what_says_something_else_forward() -> None:
    pump = make_hit("The pump needs oil every month.", key="a")
    again = make_hit("Every month the pump needs oil.", key="b")
    other = make_hit("The valve closes by itself.", key="c")
    assert maximal_marginal_relevance((pump, again, other), share=0.5, limit=3) == (pump, other, again)
    assert maximal_marginal_relevance((pump, again, other), share=0.0, limit=2) == (pump, again)


def test_no_more_than_asked_for() -> None:
    hits = tuple(make_hit(f"Text {key}.", key=key) for key in "abcde")
    assert len(maximal_marginal_relevance(hits, share=0.3, limit=2)) == 2
    assert maximal_marginal_relevance((), share=0.3, limit=2) == ()
