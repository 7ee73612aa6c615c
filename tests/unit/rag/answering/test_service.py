from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rag.answering.pipeline import Pipeline
from rag.answering.service import AnswerService
from rag.answers import Answer, AnswerEvent, CitationMark, Question, TextDelta, Usage
from rag.errors import EmptyQuestionError, GeneratorError, QuestionTooLongError
from rag.stages import Reranker
from rag.types import Scope
from tests.support.builders.pipeline import (
    ASKED,
    CAT,
    LEAVE,
    PUMP,
    SCOPE,
    SERVICE,
    FailingReranker,
    ReversingReranker,
    ScriptedGenerator,
    answer_service,
    cached,
    index_of,
    pipeline_over,
    question,
)
from tests.support.fakes.memory_index import MemoryIndex
from tests.support.generator_chain import generator_chain

SCRIPT = (
    TextDelta(text="The pump must be serviced "),
    TextDelta(text="every 6,000 hours."),
    CitationMark(number=1),
    Usage(model="tiny", prompt_tokens=50, completion_tokens=9),
)


class World:
    """The hidden versions and the state of each scope, as a test sets them."""

    def __init__(self) -> None:
        self.states = {SCOPE: "s1"}
        self.hidden: frozenset[str] = frozenset()

    def state_of(self, scope: Scope) -> str:
        return self.states.get(scope, "")

    def visible(self, _: Question, versions: frozenset[str]) -> frozenset[str]:
        return versions - self.hidden


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def generator() -> ScriptedGenerator:
    return ScriptedGenerator(*SCRIPT)


@pytest.fixture
async def index() -> MemoryIndex:
    return await index_of(PUMP, LEAVE, CAT)


Build = Callable[..., AnswerService]


@pytest.fixture
def build(world: World, generator: ScriptedGenerator, index: MemoryIndex) -> Build:
    def built(*, pipeline: Pipeline | None = None, reranker: Reranker | None = None) -> AnswerService:
        chosen = pipeline or pipeline_over(
            index, generator=generator, reranker=reranker or ReversingReranker(), visible=world.visible
        )
        return answer_service(cached(chosen), visible=world.visible, state_of=world.state_of)

    return built


async def events_of(answering: AnswerService, asked: Question, *, fresh: bool = False) -> list[AnswerEvent]:
    return [event async for event in answering.answer(asked, fresh=fresh)]


async def answer_of(answering: AnswerService, asked: Question, *, fresh: bool = False) -> Answer:
    last = (await events_of(answering, asked, fresh=fresh))[-1]
    assert isinstance(last, Answer)
    return last


async def test_the_same_question_again_gets_the_same_events_without_the_generator(
    build: Build, generator: ScriptedGenerator
) -> None:
    answering = build()
    *first, answered = await events_of(answering, question())
    *again, kept = await events_of(answering, question(f"  {ASKED.upper()} "))
    assert again == first
    assert len(generator.requests) == 1
    assert isinstance(answered, Answer)
    assert isinstance(kept, Answer)
    assert replace(kept, receipt=answered.receipt) == answered


async def test_a_kept_answer_has_a_receipt_of_its_own(build: Build) -> None:
    answering = build()
    before = (await answer_of(answering, question())).receipt
    receipt = (await answer_of(answering, question())).receipt
    assert (before.cached, receipt.cached) == (False, True)
    assert receipt.request_id != before.request_id
    assert [(stage.stage, stage.count_out) for stage in receipt.stages] == [("cache", 1)]
    assert receipt.usage == Usage(model="tiny", prompt_tokens=0, completion_tokens=0)
    assert receipt.first_token_milliseconds is not None
    assert receipt.first_token_milliseconds <= receipt.total_milliseconds
    assert (receipt.generator, receipt.prompt) == (before.generator, before.prompt)


async def test_hits_and_misses_are_counted(build: Build) -> None:
    answering = build()
    for text in (ASKED, ASKED, "Who sleeps on the roof?", ASKED):
        await events_of(answering, question(text))
    counts = answering.arms.caches["answers"]
    assert (counts.hits, counts.misses, counts.entries) == (2, 2, 2)


async def test_a_change_of_what_is_visible_makes_the_pipeline_answer(
    build: Build, world: World, generator: ScriptedGenerator
) -> None:
    answering = build()
    await events_of(answering, question())
    world.states[SCOPE] = "s2"
    assert not (await answer_of(answering, question())).receipt.cached
    assert len(generator.requests) == 2


async def test_an_answer_of_which_something_is_invisible_is_not_given(build: Build, world: World) -> None:
    answering = build()
    await events_of(answering, question())
    world.hidden = frozenset({PUMP.version_id})
    answer = await answer_of(answering, question())
    assert not answer.receipt.cached
    assert PUMP.version_id not in {passage.hit.chunk.version_id for passage in answer.passages}


async def test_a_fresh_answer_is_made_anew_and_takes_the_place_of_the_old_one(
    build: Build, generator: ScriptedGenerator
) -> None:
    answering = build()
    await events_of(answering, question())
    fresh = await answer_of(answering, question(), fresh=True)
    assert not fresh.receipt.cached
    assert len(generator.requests) == 2
    assert (await answer_of(answering, question())).receipt.cached
    assert answering.arms.caches["answers"].entries == 1


async def test_what_changes_while_an_answer_is_written_keeps_it_from_being_kept(build: Build, world: World) -> None:
    answering = build()
    async for _ in answering.answer(question()):
        world.states[SCOPE] = "s2"
    assert answering.arms.caches["answers"].entries == 0


async def test_a_purge_while_an_answer_is_written_keeps_it_from_being_kept(build: Build) -> None:
    answering = build()
    stream = answering.answer(question())
    await anext(stream)
    answering.arms.drop_caches()
    assert [event async for event in stream]
    assert answering.arms.caches["answers"].entries == 0


async def test_dropping_the_caches_forgets_every_answer(build: Build) -> None:
    answering = build()
    await events_of(answering, question())
    answering.arms.drop_caches()
    assert answering.arms.caches["answers"].entries == 0
    assert not (await answer_of(answering, question())).receipt.cached


async def test_a_degraded_answer_is_not_kept(build: Build) -> None:
    answering = build(reranker=FailingReranker())
    assert (await answer_of(answering, question())).receipt.degraded
    assert answering.arms.caches["answers"].entries == 0


async def test_an_answer_that_broke_off_is_not_kept(build: Build, index: MemoryIndex) -> None:
    generator = ScriptedGenerator(*SCRIPT, fails=True)
    answering = build(pipeline=pipeline_over(index, generator=generator, reranker=ReversingReranker()))
    for _ in range(2):
        with pytest.raises(GeneratorError):
            await events_of(answering, question())
    assert answering.arms.caches["answers"].entries == 0


async def test_an_answer_whose_client_left_is_not_kept(build: Build) -> None:
    answering = build()
    stream = answering.answer(question())
    await anext(stream)
    await stream.aclose()
    assert answering.arms.caches["answers"].entries == 0


async def test_that_nothing_was_found_is_not_kept(build: Build) -> None:
    answering = build()
    elsewhere = question(scope=Scope(tenant="acme", collection="minutes"))
    assert (await answer_of(answering, elsewhere)).abstention is not None
    assert answering.arms.caches["answers"].entries == 0


async def test_a_refusal_with_its_nearest_sources_is_kept(build: Build, index: MemoryIndex) -> None:
    answering = build(pipeline=pipeline_over(index, reranker=ReversingReranker(), threshold=1.0))
    first, again = [await answer_of(answering, question()) for _ in range(2)]
    assert first.abstention is not None
    assert (again.abstention, again.passages, again.receipt.cached) == (first.abstention, first.passages, True)
    assert again.receipt.first_token_milliseconds is None


@pytest.mark.parametrize(("text", "error"), [("  ", EmptyQuestionError), (f"{ASKED}{' ' * 200}", QuestionTooLongError)])
async def test_a_question_that_the_pipeline_refuses_is_refused_whatever_is_kept(
    build: Build, text: str, error: type[Exception]
) -> None:
    answering = build()
    await events_of(answering, question())
    with pytest.raises(error):
        await events_of(answering, question(text))


async def test_without_a_cache_the_pipeline_answers_each_time(build: Build, generator: ScriptedGenerator) -> None:
    answering = answer_service(build().arms.control.pipeline)
    answers = [await answer_of(answering, question()) for _ in range(2)]
    assert [answer.receipt.cached for answer in answers] == [False, False]
    assert answers[0].sentences[0].citations[0].quote == SERVICE
    assert len(generator.requests) == 2
    assert "answers" not in answering.arms.caches


async def test_a_word_of_a_model_server_passes_through_seven_generators_at_most() -> None:
    chain = await generator_chain()
    assert {"AnswerService.answer", "VllmGenerator.generate"} <= set(chain)
    assert len(chain) <= 7, chain
