from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from rag.answers import (
    Answer,
    AnswerCell,
    AnswerEvent,
    AnswerSentence,
    AnswerTable,
    CitationMark,
    GenerationEvent,
    PersonalCount,
    Sources,
    TextDelta,
)
from rag.guard.personal.answers import masked_events, masked_hits
from rag.guard.personal.finding import Finding
from rag.guard.personal.masking import NOTHING, Policy
from rag.settings import PersonalAction, PersonalKind
from rag.types import Chunk
from tests.support.builders.chunks import chunk
from tests.support.builders.pipeline import ScriptedGenerator, events_of, index_of, pipeline_over, question

CONTACT = "The contact for the pump is Ada Krylova, ada@example.com."
NOTE = chunk(CONTACT, version_id="note", document_id="d-note", title="Letter to Ada Krylova")
ASKED = "Who is the contact for the pump?"
MASKED = "The contact for the pump is ███ ███████, ███████████████."
ALL = Policy.of({PersonalKind.ALL: PersonalAction.MASK})


async def stream(events: Sequence[AnswerEvent]) -> AsyncGenerator[AnswerEvent, None]:
    for event in events:
        yield event


async def written(pieces: Sequence[str] = (), *, over: Chunk = NOTE) -> list[AnswerEvent]:
    """Returns the events of an answer that quotes the note, or that a generator writes piece by piece."""
    script: list[GenerationEvent] = [*(TextDelta(text=piece) for piece in pieces), CitationMark(number=1)]
    generator = ScriptedGenerator(*script) if pieces else None
    return await events_of(pipeline_over(await index_of(over), generator=generator), question(ASKED))


async def masked(events: Sequence[AnswerEvent], policy: Policy = ALL) -> list[AnswerEvent]:
    return [event async for event in masked_events(stream(events), policy)]


def text_of(events: Sequence[AnswerEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def answer_of(events: Sequence[AnswerEvent]) -> Answer:
    last = events[-1]
    assert isinstance(last, Answer)
    return last


async def test_no_event_of_an_answer_holds_what_is_masked() -> None:
    events = await masked(await written())
    assert "Ada" not in repr(events)
    assert "ada@" not in repr(events)
    answer = answer_of(events)
    assert answer.text == text_of(events) == MASKED
    assert [sentence.text for sentence in answer.sentences] == [MASKED]
    assert answer.sentences[0].citations[0].quote == MASKED
    assert answer.passages[0].hit.chunk.title == "Letter to ███ ███████"
    assert isinstance(events[0], Sources)
    assert events[0].passages == answer.passages


async def test_the_receipt_says_how_much_of_each_kind_was_masked() -> None:
    counted = Policy(masked=frozenset({PersonalKind.EMAIL}), counted=frozenset({PersonalKind.PERSON}))
    answer = answer_of(await masked(await written(), counted))
    assert answer.text == "The contact for the pump is Ada Krylova, ███████████████."
    assert answer.receipt.personal_data == (
        PersonalCount(kind="person", count=1, masked=False),
        PersonalCount(kind="email", count=1, masked=True),
    )


async def test_what_is_split_over_tokens_never_goes_out() -> None:
    events = await masked(await written(list(CONTACT)))
    sentences = [event for event in events if isinstance(event, AnswerSentence)]
    assert text_of(events) == MASKED
    assert [sentence.text for sentence in sentences] == [MASKED]


async def test_places_of_facts_stay_true() -> None:
    before = answer_of(await written()).sentences[0]
    after = answer_of(await masked(await written())).sentences[0]
    assert after.facts == before.facts
    assert len(after.text) == len(before.text)


async def test_a_cell_is_read_behind_the_name_of_its_column() -> None:
    table = AnswerTable(
        title="Contacts",
        query="WHERE who = 'ada@example.com'",
        header=("Phone", "Parts"),
        rows=((AnswerCell(text="9472 7916"), AnswerCell(text="9472 7916")),),
    )
    *events, answer = await written()
    assert isinstance(answer, Answer)
    shown = answer_of(await masked([*events, replace(answer, tables=(table,))]))
    assert shown.tables[0].query == "WHERE who = '███████████████'"
    assert [cell.text for cell in shown.tables[0].rows[0]] == ["████ ████", "9472 7916"]
    assert PersonalCount(kind="phone", count=1, masked=True) in shown.receipt.personal_data


class _Broken(Policy):
    """Fails on every text."""

    def find(self, text: str) -> list[Finding]:
        raise ArithmeticError(text)


async def test_what_cannot_be_searched_does_not_go_out() -> None:
    broken = masked_events(stream(await written()), _Broken(masked=ALL.masked))
    with pytest.raises(ArithmeticError):
        await anext(broken)


async def test_closing_the_stream_closes_the_answer() -> None:
    closed = []

    async def source() -> AsyncGenerator[AnswerEvent, None]:
        try:
            yield TextDelta(text="x" * 1_000)
            yield TextDelta(text="y")
        finally:
            closed.append(True)

    events = masked_events(source(), ALL)
    await anext(events)
    await events.aclose()
    assert closed == [True]


async def test_hits_of_a_search_are_masked_too() -> None:
    found = await pipeline_over(await index_of(NOTE)).search(question(ASKED))
    assert masked_hits(found.hits, ALL)[0].chunk.text == MASKED
    assert masked_hits(found.hits, NOTHING) is found.hits
