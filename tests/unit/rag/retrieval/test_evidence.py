from __future__ import annotations

import math

import numpy as np
import pytest

from rag.retrieval.evidence import ENCODED_SENTENCES, EvidenceScorer, quote
from rag.retrieval.units import sentence_spans
from tests.support.builders.passages import make_hit, stored
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder

QUESTION = "How often must the pump be serviced?"
PUMP = "The pump must be serviced every 6,000 hours. Its casing is made of steel."
CAT = "My neighbour's cat sleeps on the roof."


def test_sentences_come_in_reading_order_with_their_own_words() -> None:
    hits = (make_hit(PUMP, key="a", start=100), make_hit(CAT, key="b", start=7))
    evidence = EvidenceScorer(HashEncoder()).score(QUESTION, hits)
    assert [(item.hit_index, item.text) for item in evidence] == [
        (0, "The pump must be serviced every 6,000 hours."),
        (0, "Its casing is made of steel."),
        (1, CAT),
    ]
    assert [quote(hits[item.hit_index].chunk, item.span) for item in evidence] == [item.text for item in evidence]
    assert evidence[0].span.start == 100
    assert evidence[2].span.start == 7


def test_the_sentence_that_speaks_to_the_question_scores_highest() -> None:
    evidence = EvidenceScorer(HashEncoder()).score(QUESTION, (make_hit(CAT, key="b"), make_hit(PUMP, key="a")))
    assert max(evidence, key=lambda item: item.score).text.startswith("The pump must be serviced")
    assert all(0 <= item.score <= 1 for item in evidence)


def test_a_heading_is_no_evidence_but_lends_its_words_to_what_stands_below() -> None:
    text = "Servicing the pump\nEvery 6,000 hours."
    [item] = EvidenceScorer(HashEncoder()).score(QUESTION, (make_hit(text, headings=("Servicing the pump",)),))
    assert item.text == "Every 6,000 hours."
    assert {"pump", "servic"} <= item.words


def test_a_heading_that_states_something_is_evidence() -> None:
    text = "The pump is serviced every 6,000 hours\nCall us."
    first, _ = EvidenceScorer(HashEncoder()).score(QUESTION, (make_hit(text, headings=(text.splitlines()[0],)),))
    assert first.text == "The pump is serviced every 6,000 hours"


def test_a_line_of_metadata_is_read_with_the_question_that_it_answers() -> None:
    log = make_hit("author: Ada Berg\ntags: pump, oil", title="Pump log")
    author, tags = EvidenceScorer(HashEncoder()).score("Who wrote the pump log?", (log,))
    assert "wrote" in author.words
    assert author.cosine > tags.cosine


@pytest.mark.parametrize("headings", [(), ("When is the pump serviced?",)])
def test_the_answer_behind_a_question_is_read_with_it(headings: tuple[str, ...]) -> None:
    faq = make_hit("When is the pump serviced?\nEvery 6,000 hours. Call us.", headings=headings)
    *_, answer, call = EvidenceScorer(HashEncoder()).score(QUESTION, (faq,))
    assert (answer.text, call.text) == ("Every 6,000 hours.", "Call us.")
    assert {"pump", "servic"} <= answer.words
    assert answer.cosine > call.cosine


def test_questions_take_no_place_among_the_sentences_that_are_encoded() -> None:
    questions = "\n".join(f"Is pump {number} serviced?" for number in range(ENCODED_SENTENCES))
    evidence = EvidenceScorer(HashEncoder()).score(QUESTION, (make_hit(f"{questions}\nIt is."),))
    assert [math.isnan(item.cosine) for item in evidence] == [True] * ENCODED_SENTENCES + [False]


def test_a_title_is_no_evidence() -> None:
    evidence = EvidenceScorer(HashEncoder()).score(
        "What is the manual?", (make_hit("Manual\nKeep dry.", title="Manual"),)
    )
    assert [item.text for item in evidence] == ["Keep dry."]


def test_only_kept_spans_are_scored() -> None:
    hit = make_hit(PUMP, start=40)
    [_, casing] = sentence_spans(hit.chunk)
    evidence = EvidenceScorer(HashEncoder()).score(QUESTION, (hit,), kept=[(casing,)])
    assert [item.span for item in evidence] == [casing]


def test_a_failing_encoder_leaves_the_words() -> None:
    evidence = EvidenceScorer(FailingEncoder()).score(QUESTION, (make_hit(CAT, key="b"), make_hit(PUMP, key="a")))
    assert all(math.isnan(item.cosine) for item in evidence)
    assert max(evidence, key=lambda item: item.score).text.startswith("The pump must be serviced")


def test_the_encoder_reads_a_bounded_number_of_sentences_the_promising_one_among_them() -> None:
    filler = " ".join(f"Paragraph {number} is about gardens." for number in range(3 * ENCODED_SENTENCES))
    encoder = HashEncoder()
    evidence = EvidenceScorer(encoder).score(QUESTION, (make_hit(f"{filler} {PUMP}"),))
    assert len(evidence) > 3 * ENCODED_SENTENCES
    assert len(encoder.encoded) == ENCODED_SENTENCES + 1
    assert "The pump must be serviced every 6,000 hours." in encoder.encoded
    assert sum(not math.isnan(item.cosine) for item in evidence) == ENCODED_SENTENCES


def test_nothing_found_is_no_evidence_and_asks_the_encoder_nothing() -> None:
    encoder = HashEncoder()
    assert EvidenceScorer(encoder).score(QUESTION, ()) == []
    assert encoder.encoded == []


def test_stored_vectors_take_the_place_of_encoding() -> None:
    hits = tuple(stored(hit, HashEncoder()) for hit in (make_hit(CAT, key="b"), make_hit(PUMP, key="a", start=100)))
    encoder = HashEncoder()
    evidence = EvidenceScorer(encoder).score(QUESTION, hits)
    assert encoder.encoded == [QUESTION]
    vectors = np.concatenate([hit.sentences.vectors() for hit in hits if hit.sentences])
    asked = encoder.encode_questions([QUESTION])[0]
    assert [item.cosine for item in evidence] == pytest.approx((vectors @ asked).tolist())
    assert max(evidence, key=lambda item: item.score).text.startswith("The pump must be serviced")


def test_every_statement_with_a_stored_vector_has_a_cosine() -> None:
    many = " ".join(f"Paragraph {number} is about gardens." for number in range(3 * ENCODED_SENTENCES))
    evidence = EvidenceScorer(HashEncoder()).score(QUESTION, (stored(make_hit(f"{many} Why?"), HashEncoder()),))
    assert [math.isnan(item.cosine) for item in evidence] == [False] * 3 * ENCODED_SENTENCES + [True]


def test_stored_and_other_hits_may_be_mixed() -> None:
    hits = (stored(make_hit(CAT, key="b"), HashEncoder()), make_hit(PUMP, key="a"))
    encoder = HashEncoder()
    evidence = EvidenceScorer(encoder).score(QUESTION, hits)
    assert len(encoder.encoded) == 3  # the question, and two sentences of the second hit
    assert not any(math.isnan(item.cosine) for item in evidence)


def test_questions_that_are_answered_by_a_sentence_or_by_metadata_are_encoded_as_questions() -> None:
    faq = make_hit("author: Ada Berg\nWhen is the pump serviced?\nEvery 6,000 hours. Call us.")
    encoder = HashEncoder()
    author, asked, answer, call = EvidenceScorer(encoder).score(QUESTION, (stored(faq, HashEncoder()),))
    assert math.isnan(asked.cosine)
    assert answer.cosine > call.cosine
    assert not math.isnan(author.cosine)
    assert len(encoder.encoded) == 3
    assert any(text.startswith("Who wrote this document") for text in encoder.encoded)


def test_what_was_kept_of_earlier_questions_can_be_dropped() -> None:
    scorer = EvidenceScorer(HashEncoder())
    before = scorer.score(QUESTION, (make_hit(PUMP),))
    scorer.forget()
    assert scorer.score(QUESTION, (make_hit(PUMP),)) == before


def test_texts_are_as_likely_as_the_encoder_says_and_not_at_all_when_it_fails() -> None:
    likely, unlikely = EvidenceScorer(HashEncoder()).likeness(QUESTION, [PUMP, CAT])
    assert likely > unlikely
    assert EvidenceScorer(FailingEncoder()).likeness(QUESTION, [PUMP, CAT]).tolist() == [0.0, 0.0]
    assert EvidenceScorer(HashEncoder()).likeness(QUESTION, []).tolist() == []
