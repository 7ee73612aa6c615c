from collections.abc import AsyncGenerator

from rag.answers import AnswerSentence, CitationMark, GenerationEvent, TextDelta
from rag.generation.verification import SupportChecker, verify_stream
from rag.types import Span
from tests.support.hash_encoder import HashEncoder
from tests.support.passages import make_passage

PASSAGES = (
    make_passage("The warranty lasts five years. The compressor is covered for 84 months.", number=1, start=100),
    make_passage("Filters are cleaned every spring. Call a partner if the fan is loud.", number=2, key="b"),
)
CHECKER = SupportChecker(HashEncoder())


async def sentences(*events: GenerationEvent) -> list[AnswerSentence]:
    async def stream() -> AsyncGenerator[GenerationEvent, None]:
        for event in events:
            yield event

    verified = [event async for event in verify_stream(stream(), PASSAGES, CHECKER.check)]
    return [event for event in verified if isinstance(event, AnswerSentence)]


async def test_a_verbatim_sentence_keeps_its_exact_span() -> None:
    span = Span(start=100, end=130)
    [sentence] = await sentences(TextDelta(text="The warranty lasts five years."), CitationMark(number=1, span=span))
    assert sentence.supported
    assert [(citation.number, citation.span, citation.quote) for citation in sentence.citations] == [
        (1, span, "The warranty lasts five years.")
    ]


async def test_a_marked_sentence_is_tied_to_the_words_that_support_it() -> None:
    [sentence] = await sentences(
        TextDelta(text="The compressor is covered for 84 months"), CitationMark(number=1), TextDelta(text=".")
    )
    assert [citation.quote for citation in sentence.citations] == ["The compressor is covered for 84 months."]
    assert sentence.citations[0].span == Span(start=131, end=171)


async def test_a_sentence_without_a_mark_gets_the_best_source() -> None:
    [sentence] = await sentences(TextDelta(text="Filters are cleaned every spring."))
    assert sentence.supported
    assert sentence.citations[0].document_id == "document-b"


async def test_a_wrong_number_is_not_supported() -> None:
    [sentence] = await sentences(TextDelta(text="The compressor is covered for 96 months."), CitationMark(number=1))
    assert not sentence.supported
    assert sentence.citations == ()


async def test_what_no_passage_says_is_not_supported() -> None:
    [sentence] = await sentences(TextDelta(text="Paris is the capital of France."))
    assert (sentence.supported, sentence.citations) == (False, ())


async def test_a_mark_for_the_wrong_passage_is_replaced_by_the_right_one() -> None:
    [sentence] = await sentences(TextDelta(text="Filters are cleaned every spring."), CitationMark(number=1))
    assert [citation.number for citation in sentence.citations] == [2]


async def test_marks_belong_to_the_sentence_they_follow() -> None:
    first, second = await sentences(
        TextDelta(text="The warranty lasts five years."),
        CitationMark(number=1),
        TextDelta(text=" Filters are cleaned"),
        TextDelta(text=" every spring."),
        CitationMark(number=2),
    )
    assert [citation.number for citation in first.citations] == [1]
    assert [citation.number for citation in second.citations] == [2]
    assert (first.index, second.index) == (0, 1)
