from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime

import pytest
from sqlalchemy import select

from api.conversations import live_answer
from api.conversations import live_answers as module
from api.conversations.live_answer import LiveAnswer
from api.conversations.live_answers import LiveAnswers
from rag.access.principal import single_user
from rag.answers import AnswerEvent, TextDelta
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.records import TurnState
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database
from rag.catalog.database.conversation_rows import TURNS
from rag.errors import AnswerNotLiveError
from tests.support.builders.pipeline import question


class Model:
    """Writes a word and waits."""

    def __init__(self) -> None:
        self.left = 0

    async def write(self, word: str) -> AsyncGenerator[AnswerEvent, None]:
        try:
            yield TextDelta(text=word)
            await asyncio.Event().wait()
        finally:
            self.left += 1


@pytest.fixture
def model() -> Model:
    return Model()


async def begin(
    live_answers: LiveAnswers, turns: Turns, conversation: str, model: Model, number: int, word: str = "Word"
) -> LiveAnswer:
    name, asked = f"r{number}", question(f"Question {number}?")
    turns.begin("acme", conversation, request_id=name, collection="manuals", question=asked.text)
    answer = live_answers.start(
        model.write(word), request_id=name, question=asked, conversation_id=conversation, earlier=frozenset()
    )
    await answer.begun()
    return answer


async def test_another_tenant_and_another_id_find_no_answer(
    live_answers: LiveAnswers, turns: Turns, conversation: str, model: Model
) -> None:
    answer = await begin(live_answers, turns, conversation, model, 1)
    assert live_answers.get(single_user("acme"), "r1") is answer
    for tenant, name in (("other", "r1"), ("acme", "r2")):
        with pytest.raises(AnswerNotLiveError, match="/v1/conversations"):
            live_answers.get(single_user(tenant), name)
    await live_answers.close()


async def test_the_oldest_without_a_reader_is_given_up_where_there_are_too_many(
    live_answers: LiveAnswers,
    turns: Turns,
    conversation: str,
    conversations: Conversations,
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_UNREAD", 2)
    read = await begin(live_answers, turns, conversation, model, 0)
    reader = read.frames()
    assert await anext(reader)
    answers = [await begin(live_answers, turns, conversation, model, number) for number in range(1, 5)]
    await answers[0].ending
    assert model.left == 1
    assert conversations.get("acme", conversation)[1][1].state == TurnState.FAILED
    assert live_answers.get(single_user("acme"), "r0") is read
    await reader.aclose()
    await live_answers.close()
    assert model.left == 5
    assert {turn.state for turn in conversations.get("acme", conversation)[1]} == {
        TurnState.FAILED,
        TurnState.INTERRUPTED,
    }


async def test_ended_ones_go_first_where_there_are_too_many_bytes(
    live_answers: LiveAnswers, turns: Turns, conversation: str, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 1_000)
    running = await begin(live_answers, turns, conversation, model, 1)
    ended = await begin(live_answers, turns, conversation, model, 2, word="x" * 2_000)
    await live_answers.stop(ended)
    await begin(live_answers, turns, conversation, model, 3)
    assert live_answers.get(single_user("acme"), "r1") is running
    with pytest.raises(AnswerNotLiveError):
        live_answers.get(single_user("acme"), "r2")
    await live_answers.close()


async def test_what_has_ended_is_forgotten_with_the_caches(
    live_answers: LiveAnswers, turns: Turns, conversation: str, model: Model
) -> None:
    running = await begin(live_answers, turns, conversation, model, 1)
    await live_answers.stop(await begin(live_answers, turns, conversation, model, 2))
    live_answers.forget_ended()
    assert live_answers.get(single_user("acme"), "r1") is running
    with pytest.raises(AnswerNotLiveError):
        live_answers.get(single_user("acme"), "r2")
    await live_answers.stop_all("acme", "another")
    assert not running.has_ended
    await live_answers.stop_all("acme", conversation)
    assert running.has_ended


async def test_an_answer_that_is_being_written_says_so_to_other_processes(
    live_answers: LiveAnswers,
    turns: Turns,
    conversation: str,
    database: Database,
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def alive() -> datetime:
        with database.read() as connection:
            found: datetime = connection.execute(select(TURNS.c.alive_at)).scalar_one()
            return found

    monkeypatch.setattr(live_answer, "_RENEWAL_SECONDS", 0.01)
    await begin(live_answers, turns, conversation, model, 1)
    first = alive()
    async with asyncio.timeout(20):
        while alive() == first:
            await asyncio.sleep(0.01)
    await live_answers.close()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "lease of answer" and not task.cancelling()]
