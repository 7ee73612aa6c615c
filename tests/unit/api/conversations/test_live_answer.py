from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from api.conversations import live_answer
from api.conversations.live_answer import LiveAnswer
from api.conversations.live_answers import LiveAnswers
from rag.answers import AnswerEvent, Question, Role, TextDelta, Turn, Usage
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.records import TurnState
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database
from rag.errors import CatalogUnavailableError, EmptyQuestionError, GeneratorError
from tests.support.builders.pipeline import (
    ASKED,
    PUMP,
    SERVICE,
    ScriptedGenerator,
    answer_service,
    index_of,
    pipeline_over,
    question,
)

USAGE = Usage(model="qwen", prompt_tokens=200, completion_tokens=11)


async def failing(*words: str, error: Exception) -> AsyncGenerator[AnswerEvent, None]:
    for each in words:
        yield TextDelta(text=each)
    raise error


async def start(
    live_answers: LiveAnswers,
    turns: Turns,
    conversation: str,
    events: AsyncGenerator[AnswerEvent, None],
    *,
    asked: Question | None = None,
    earlier: frozenset[str] = frozenset(),
) -> LiveAnswer:
    asked = asked or question()
    turns.begin("acme", conversation, request_id="r1", collection="manuals", question=asked.text)
    return live_answers.start(events, request_id="r1", question=asked, conversation_id=conversation, earlier=earlier)


def states(conversations: Conversations, conversation: str) -> list[TurnState]:
    return [turn.state for turn in conversations.get("acme", conversation)[1]]


async def frames(answer: LiveAnswer, after: int = 0) -> list[str]:
    return [frame.decode() async for frame in answer.frames(after)]


async def test_an_error_in_the_middle_is_the_last_event_and_is_stored(
    live_answers: LiveAnswers, turns: Turns, conversations: Conversations, conversation: str
) -> None:
    events = failing("Half", " a word", error=GeneratorError("gpu", "it died"))
    answer = await start(live_answers, turns, conversation, events)
    await answer.begun()
    sent = await frames(answer)
    assert [frame.split("\n")[:2] for frame in sent] == [
        ["event: token", "id: 1"],
        ["event: token", "id: 2"],
        ["event: error", "id: 3"],
    ]
    assert [await frames(answer, after) for after in (2, 3, 99)] == [sent[2:]] * 3
    assert states(conversations, conversation) == [TurnState.FAILED]
    with pytest.raises(GeneratorError):
        await answer.whole()


async def test_an_error_before_all_events_is_raised(
    live_answers: LiveAnswers, turns: Turns, conversations: Conversations, conversation: str
) -> None:
    answer = await start(live_answers, turns, conversation, failing(error=GeneratorError("gpu", "it is down")))
    with pytest.raises(GeneratorError):
        await answer.begun()
    assert states(conversations, conversation) == [TurnState.FAILED]


async def test_a_refused_question_leaves_no_turn(
    live_answers: LiveAnswers, turns: Turns, conversations: Conversations, conversation: str
) -> None:
    answer = await start(live_answers, turns, conversation, failing(error=EmptyQuestionError()))
    with pytest.raises(EmptyQuestionError):
        await answer.begun()
    assert states(conversations, conversation) == []


async def test_a_catalogue_that_fails_keeps_no_turn_and_the_answer_ends(
    live_answers: LiveAnswers, turns: Turns, conversation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise CatalogUnavailableError("it is locked")

    monkeypatch.setattr(turns, "end", fail)
    events = answer_service(pipeline_over(await index_of(PUMP))).answer(question())
    answer = await start(live_answers, turns, conversation, events)
    assert (await frames(answer))[-1].startswith("event: done\n")
    assert SERVICE in (await answer.whole()).answer


@pytest.mark.parametrize(
    ("asked", "written_by_model", "quotes_earlier"),
    [
        (question(), False, False),
        (question(), True, True),
        (
            question("And the valve?", history=(Turn(role=Role.USER, content=ASKED),)),
            False,
            True,
        ),
    ],
)
async def test_an_answer_that_follows_up_may_quote_what_earlier_turns_quoted(
    live_answers: LiveAnswers,
    turns: Turns,
    conversation: str,
    asked: Question,
    *,
    written_by_model: bool,
    quotes_earlier: bool,
) -> None:
    generator = ScriptedGenerator(TextDelta(text=SERVICE), USAGE) if written_by_model else None
    pipeline = pipeline_over(await index_of(PUMP), generator=generator)
    events = answer_service(pipeline).answer(asked)
    answer = await start(live_answers, turns, conversation, events, asked=asked, earlier=frozenset({"old"}))
    await answer.whole()
    assert ("old" in answer.version_ids, "pump" in answer.version_ids) == (quotes_earlier, True)


async def test_an_answer_that_is_too_large_is_kept_as_text(
    live_answers: LiveAnswers,
    turns: Turns,
    conversations: Conversations,
    conversation: str,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_answer, "_MOST_BODY_BYTES", 10)
    monkeypatch.setattr("rag.catalog.conversations.turns.present_versions", lambda _, versions: set(versions))
    assert database
    events = answer_service(pipeline_over(await index_of(PUMP))).answer(question())
    await (await start(live_answers, turns, conversation, events)).whole()
    [turn] = conversations.get("acme", conversation)[1]
    assert (turn.state, turn.body, SERVICE in turn.answer) == (TurnState.ANSWERED, None, True)
