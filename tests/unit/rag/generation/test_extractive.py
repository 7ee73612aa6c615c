from __future__ import annotations

from collections.abc import Sequence

from rag.answers import (
    AbstentionReason,
    CitationMark,
    ComposedSentence,
    Declined,
    GenerationEvent,
    Role,
    Turn,
    WrittenBy,
)
from rag.composition.composer import Composer
from rag.composition.facts import FactPlanner
from rag.generation.extractive import ExtractiveGenerator
from rag.retrieval.evidence import EvidenceScorer
from rag.types import Passage
from tests.support.builders.passages import make_passage
from tests.support.fakes.generation import generation_request
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder

WARRANTY = make_passage(
    "The warranty of the pump lasts five years. The warranty lasts longer in Norway. The display is blue.",
    number=1,
    start=250,
)
SHIPPING = make_passage("Our offices are in Oslo. The buyer pays the shipping of returned goods.", number=2, key="b")
TWO_PARTS = "How long does the warranty last, and who pays the shipping of returned goods?"


async def generate(
    question: str,
    *passages: Passage,
    max_sentences: int = 3,
    history: Sequence[Turn] = (),
    encoder: HashEncoder | None = None,
) -> list[GenerationEvent]:
    composer = Composer([FactPlanner(max_sentences=max_sentences)], scorer=EvidenceScorer(encoder or HashEncoder()))
    generator = ExtractiveGenerator(composer)
    asked = generation_request(question, *passages, history=tuple(history))
    writer, *events = [event async for event in generator.generate(asked)]
    assert writer == WrittenBy(generator="extractive", prompt=None)
    return events


def marks_of(events: Sequence[GenerationEvent]) -> list[CitationMark]:
    return [mark for event in events if isinstance(event, ComposedSentence) for mark in event.marks]


def lines(events: Sequence[GenerationEvent]) -> list[str]:
    return "".join(event.before + event.text for event in events if isinstance(event, ComposedSentence)).splitlines()


async def test_every_line_is_a_sentence_of_a_passage_followed_by_its_exact_place() -> None:
    events = await generate(TWO_PARTS, WARRANTY, SHIPPING)
    by_number = {passage.number: passage for passage in (WARRANTY, SHIPPING)}
    marks = marks_of(events)
    assert marks
    for line, mark in zip(lines(events), marks, strict=True):
        assert mark.span is not None
        assert mark.span in by_number[mark.number].kept
        assert by_number[mark.number].quote(mark.span) == line


async def test_lines_that_belong_together_are_quoted_together_each_with_its_place() -> None:
    passage = make_passage("The hall is cold.\n\n# open the north gate\ngatectl open --side north", number=1, start=70)
    events = await generate("Which command opens the north gate?", passage, max_sentences=1)
    assert lines(events) == ["# open the north gate", "gatectl open --side north"]
    marks = marks_of(events)
    assert [passage.quote(mark.span) for mark in marks if mark.span is not None] == lines(events)


async def test_the_second_sentence_covers_the_other_half_even_if_another_scores_better() -> None:
    warranty = make_passage(
        "The warranty of the pump lasts five years. In Norway the warranty of a pump lasts longer.", number=1
    )
    shipping = make_passage("Our offices are in Oslo. The buyer pays shipping.", number=2, key="b")
    asked = "How long does the warranty of the pump last, and who pays shipping?"
    scored = EvidenceScorer(HashEncoder()).score(asked, [warranty.hit, shipping.hit])
    by_score = sorted(scored, key=lambda item: -item.score)
    assert [item.hit_index for item in by_score] == [0, 0, 1, 1]
    answer = lines(await generate(asked, warranty, shipping, max_sentences=2))
    assert answer == ["The warranty of the pump lasts five years.", "The buyer pays shipping."]


async def test_what_does_not_speak_to_the_question_is_left_out() -> None:
    answer = lines(await generate("Who pays the shipping of returned goods?", WARRANTY, SHIPPING))
    assert answer == ["The buyer pays the shipping of returned goods."]


async def test_no_more_sentences_than_allowed() -> None:
    assert len(lines(await generate(TWO_PARTS, WARRANTY, SHIPPING, max_sentences=1))) == 1


async def test_the_best_sentence_comes_first() -> None:
    passage = make_passage("The pump needs oil. The pump also needs a new oil filter.")
    answer = lines(await generate("What new oil filter does the pump need, and which oil?", passage, max_sentences=2))
    assert answer[0] == "The pump also needs a new oil filter."


async def test_it_declines_when_there_is_nothing_to_quote() -> None:
    assert await generate(TWO_PARTS) == [Declined(reason=AbstentionReason.WEAK_SUPPORT)]


async def test_a_question_of_the_document_is_not_an_answer() -> None:
    faq = make_passage("How long does the warranty last?\nFive years from the day of purchase.")
    assert lines(await generate("How long does the warranty last?", faq)) == ["Five years from the day of purchase."]
    only_questions = make_passage("How long does the warranty last?\n保修期多长？")
    assert await generate("How long does the warranty last?", only_questions) == [
        Declined(reason=AbstentionReason.WEAK_SUPPORT)
    ]


async def test_history_says_what_a_follow_up_is_about() -> None:
    history = (
        Turn(role=Role.USER, content="Who pays the shipping of returned goods?"),
        Turn(role=Role.ASSISTANT, content="Let me see."),
    )
    answer = lines(await generate("And that?", WARRANTY, SHIPPING, history=history, max_sentences=1))
    assert answer == ["The buyer pays the shipping of returned goods."]


async def test_it_quotes_by_words_alone_when_the_encoder_fails() -> None:
    answer = lines(await generate("Who pays the shipping of returned goods?", SHIPPING, encoder=FailingEncoder()))
    assert answer == ["The buyer pays the shipping of returned goods."]
