from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rag.answers import AnswerSentence, CitationMark, TextDelta
from rag.models.calibrations import calibration_of
from rag.types import FloatArray, Passage, Span
from rag.verification.checker import EncoderLikeness, SupportChecker
from rag.verification.stream import SentenceAssembler
from tests.support.builders.passages import make_passage
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder

PASSAGES = (
    make_passage("The warranty lasts five years. The compressor is covered for 84 months.", number=1, start=100),
    make_passage("Filters are cleaned every spring. Call a partner if the fan is loud.", number=2, key="b"),
)
CHECKER = SupportChecker(EncoderLikeness(HashEncoder()))


def sentences(*events: TextDelta | CitationMark, passages: tuple[Passage, ...] = PASSAGES) -> list[AnswerSentence]:
    assembler, written = SentenceAssembler(), []
    for event in events:
        if isinstance(event, TextDelta):
            written += assembler.add_text(event.text)
        else:
            assembler.add_mark(event)
    checker = CHECKER.over(passages)
    return [checker.check(index, one.text, one.marks) for index, one in enumerate([*written, *assembler.finish()])]


def test_a_verbatim_sentence_keeps_its_exact_span() -> None:
    span = Span(start=100, end=130)
    [sentence] = sentences(TextDelta(text="The warranty lasts five years."), CitationMark(number=1, span=span))
    assert sentence.supported
    assert [(citation.number, citation.span, citation.quote) for citation in sentence.citations] == [
        (1, span, "The warranty lasts five years.")
    ]


def test_a_citation_names_the_page_of_its_own_words() -> None:
    passage = make_passage("Lifts stop. Doors open. The siren sounds twice.", start=50)
    chunk = replace(passage.hit.chunk, page=1, page_starts=((62, 2), (74, 3)))
    passages = (replace(passage, hit=replace(passage.hit, chunk=chunk)),)
    for text, page in (("Lifts stop.", 1), ("Doors open.", 2), ("The siren sounds twice.", 3)):
        [sentence] = sentences(TextDelta(text=text), passages=passages)
        assert [(citation.quote, citation.page) for citation in sentence.citations] == [(text, page)]


def test_a_marked_sentence_is_tied_to_the_words_that_support_it() -> None:
    [sentence] = sentences(
        TextDelta(text="The compressor is covered for 84 months"), CitationMark(number=1), TextDelta(text=".")
    )
    assert [citation.quote for citation in sentence.citations] == ["The compressor is covered for 84 months."]
    assert sentence.citations[0].span == Span(start=131, end=171)


def test_a_sentence_without_a_mark_gets_the_best_source() -> None:
    [sentence] = sentences(TextDelta(text="Filters are cleaned every spring."))
    assert sentence.supported
    assert sentence.citations[0].document_id == "document-b"


def test_a_wrong_number_is_not_supported() -> None:
    [sentence] = sentences(TextDelta(text="The compressor is covered for 96 months."), CitationMark(number=1))
    assert not sentence.supported
    assert sentence.citations == ()


def test_what_no_passage_says_is_not_supported() -> None:
    [sentence] = sentences(TextDelta(text="Paris is the capital of France."))
    assert (sentence.supported, sentence.citations) == (False, ())


def test_a_mark_for_the_wrong_passage_is_replaced_by_the_right_one() -> None:
    [sentence] = sentences(TextDelta(text="Filters are cleaned every spring."), CitationMark(number=1))
    assert [citation.number for citation in sentence.citations] == [2]


def test_marks_belong_to_the_sentence_they_follow() -> None:
    first, second = sentences(
        TextDelta(text="The warranty lasts five years."),
        CitationMark(number=1),
        TextDelta(text=" Filters are cleaned"),
        TextDelta(text=" every spring."),
        CitationMark(number=2),
    )
    assert [citation.number for citation in first.citations] == [1]
    assert [citation.number for citation in second.citations] == [2]
    assert (first.index, second.index) == (0, 1)


PUMPS = (
    make_passage("The Fjord pump was installed in 2019. It is serviced every 6,000 hours.", number=1),
    make_passage("The Delta pump costs 4,200 euros. Anna Lindqvist sells it.", number=2, key="b"),
)


def one(text: str, *numbers: int, passages: tuple[Passage, ...] = PUMPS) -> AnswerSentence:
    marks = [CitationMark(number=number) for number in numbers]
    [sentence] = sentences(TextDelta(text=text), *marks, passages=passages)
    return sentence


def test_a_sentence_may_rest_on_two_sentences_that_follow_each_other() -> None:
    sentence = one("The Fjord pump, installed in 2019, is serviced every 6000 hours.", 1)
    assert [citation.quote for citation in sentence.citations] == [
        "The Fjord pump was installed in 2019. It is serviced every 6,000 hours."
    ]


def test_a_sentence_may_rest_on_several_passages_that_it_names() -> None:
    text = "The Fjord pump was installed in 2019 and the Delta pump costs 4,200 euros."
    sentence = one(text, 1, 2)
    assert [citation.quote for citation in sentence.citations] == [
        "The Fjord pump was installed in 2019.",
        "The Delta pump costs 4,200 euros.",
    ]
    assert not (one(text, 1)).supported


def test_a_mark_for_something_that_was_not_shown_leaves_no_citation() -> None:
    sentence = one("The Delta pump costs 4,200 euros.", 9)
    assert [citation.number for citation in sentence.citations] == [2]
    assert not (one("Paris is the capital of France.", 9)).supported


@pytest.mark.parametrize(
    "text",
    [
        "The Fjord pump was installed in 2018.",
        "The Fjord pump is serviced every 600 hours.",
        "Olav Berg sells the Delta pump.",
        "The Delta pump does not cost 4,200 euros.",
        "The Delta pump is not sold by Anna Lindqvist.",
    ],
)
def test_a_changed_fact_has_no_support(text: str) -> None:
    assert not (one(text, 1, 2)).supported


def test_a_sentence_that_denies_what_the_passage_denies_has_support() -> None:
    passages = (make_passage("The warranty does not cover the filter."),)
    assert (one("The warranty does not cover the filter.", passages=passages)).supported
    assert not (one("The warranty covers the filter.", passages=passages)).supported


def test_words_alone_decide_while_the_scorer_fails() -> None:
    checker = SupportChecker(EncoderLikeness(FailingEncoder())).over(PUMPS)
    assert checker.check(0, "The Delta pump costs 4,200 euros.", ()).supported
    assert not checker.check(0, "The Delta pump costs 4,300 euros.", ()).supported


def test_chinese_is_judged_by_its_words() -> None:
    passages = (make_passage("压缩机的保修期为七年。"),)
    encoder = HashEncoder()
    checker = SupportChecker(EncoderLikeness(encoder)).over(passages)
    assert checker.check(0, "压缩机的保修期为7年。", ()).supported
    assert not checker.check(0, "压缩机的保修期为五年。", ()).supported
    assert encoder.encoded == []


class Unconvinced:
    """A scorer that has read the texts and finds them unlike."""

    name = "unconvinced"

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        assert question
        return np.zeros(len(texts), dtype=np.float32)


def test_another_scorer_can_take_the_place_of_the_encoder() -> None:
    support = calibration_of("default").support
    model = replace(support.encoded, intercept=-1.0, likeness=8.0, cover=0.0, settled_cover=2.0)
    chosen = replace(calibration_of("default"), support=replace(support, encoded=model))
    text = "The Delta pump costs 4,200 euros."
    assert SupportChecker(EncoderLikeness(HashEncoder()), chosen).over(PUMPS).check(0, text, ()).supported
    assert not SupportChecker(Unconvinced(), chosen).over(PUMPS).check(0, text, ()).supported


def test_a_sentence_in_the_words_of_its_source_is_not_read() -> None:
    encoder = HashEncoder()
    checker = SupportChecker(EncoderLikeness(encoder)).over(PUMPS)
    assert checker.check(0, "The Delta pump costs 4,200 euros.", ()).supported
    assert encoder.encoded == []


def test_only_a_few_stretches_are_read_beside_a_sentence() -> None:
    encoder = HashEncoder()
    text = " ".join(f"The pump of town {number} is serviced." for number in range(40))
    checker = SupportChecker(EncoderLikeness(encoder)).over((make_passage(text),))
    checker.check(0, "The pump is serviced yearly by patient staff.", ())
    assert 0 < len(set(encoder.encoded)) < 12


def facts(text: str, *marks: CitationMark, certain: bool = False) -> list[tuple[str, bool]]:
    sentence = CHECKER.over(PASSAGES).check(0, text, marks, certain=certain)
    return [(text[fact.span.start : fact.span.end], fact.found) for fact in sentence.facts]


def test_the_facts_of_a_supported_sentence_stand_in_the_cited_words() -> None:
    assert facts("The compressor is covered for 84 months.") == [("84", True)]


def test_a_computed_number_does_not_stand_in_the_cited_words() -> None:
    mark = CitationMark(number=1, span=Span(start=131, end=171))
    assert facts("The compressor is covered for 84 months, 7 years.", mark, certain=True) == [
        ("84", True),
        ("7", False),
    ]


def test_a_fact_of_an_unsupported_sentence_is_found_if_any_passage_states_it() -> None:
    assert facts("For 84 months or 96 months Anna Berg pays.") == [("84", True), ("96", False), ("Anna Berg", False)]


def test_a_sentence_about_no_document_has_no_facts() -> None:
    assert facts("There are 3 documents.", certain=True) == []


def test_the_number_of_a_step_is_no_fact() -> None:
    assert facts("2. The compressor is covered for 84 months.") == [("84", True)]
