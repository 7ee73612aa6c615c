from dataclasses import replace

import numpy as np
import pytest

from rag.retrieval.qdrant.payload import number_terms, query_text, to_chunk, to_payload, to_sentences
from rag.types import Scope, SentenceVectors, Span
from tests.support.builders.chunks import chunk, encoded

SCOPE = Scope(tenant="acme", collection="manuals")
PAGED = replace(chunk("Apples cost two euros.", page=7), page_starts=((4, 8), (9, None)))


def test_a_chunk_comes_back_as_it_was_stored() -> None:
    assert to_chunk(to_payload(SCOPE, encoded(PAGED))) == PAGED


def test_a_point_of_before_there_were_page_starts_has_none() -> None:
    payload = to_payload(SCOPE, encoded(PAGED))
    del payload["page_starts"]
    assert to_chunk(payload) == chunk("Apples cost two euros.", page=7)


def test_the_vectors_of_sentences_come_back_in_four_thirds_of_their_bytes() -> None:
    rows = np.random.default_rng(1).integers(-127, 128, (2, 384)).astype(np.int8)
    held = SentenceVectors(spans=(Span(start=0, end=6), Span(start=7, end=22)), rows=rows)
    payload = to_payload(SCOPE, replace(encoded(PAGED), sentences=held))
    found = to_sentences(payload)
    assert found is not None
    assert found.spans == held.spans
    assert np.array_equal(found.rows, rows)
    assert len(payload["sentences"]["rows"]) == 2 * 384 * 4 / 3


def test_a_point_without_sentences_has_none() -> None:
    assert to_sentences(to_payload(SCOPE, encoded(PAGED))) is None


def test_a_chunk_without_sentences_keeps_that_there_are_none() -> None:
    none = SentenceVectors(spans=(), rows=np.zeros((0, 384), dtype=np.int8))
    found = to_sentences(to_payload(SCOPE, replace(encoded(PAGED), sentences=none)))
    assert found is not None
    assert found.vectors().shape[0] == 0


@pytest.mark.parametrize("asked", ["K3301", "88204517C", "pool_max_size", "5 March 2031", "2031-03-05"])
def test_an_identifier_in_another_spelling_shares_a_term_with_the_stored_text(asked: str) -> None:
    text = "Alarm K-3301 for part 88.204.517-C. PoolMaxSize is 12 since 05.03.2031."
    stored = to_payload(SCOPE, encoded(chunk(text)))["text"]
    assert set(query_text(asked).casefold().split()) & set(stored.casefold().split())


@pytest.mark.parametrize("asked", ["K3301", "88204517C", "5 March 2031", "2031-03-05"])
def test_a_text_stored_without_terms_of_identifiers_is_found_by_its_numbers(asked: str) -> None:
    stored = number_terms("Alarm K-3301 for part 88.204.517-C since 05.03.2031.")
    assert set(query_text(asked).split()) & set(stored.split())
