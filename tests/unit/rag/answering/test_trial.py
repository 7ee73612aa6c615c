import asyncio

from rag.answering.cache import AnswerCache
from rag.answering.experiment import Experiment
from rag.answering.observed import ObservedPipeline
from rag.answering.service import Answering
from rag.answering.shadow import ShadowRunner
from rag.answering.trial import TrialAnswering
from rag.answers import Answer, Arm, TextDelta
from rag.telemetry.recorder import Operation
from tests.support.builders.monitoring import Watcher
from tests.support.builders.pipeline import (
    PUMP,
    SERVICE,
    ReversingReranker,
    ScriptedGenerator,
    index_of,
    pipeline_over,
    question,
)


async def arm(*, generator: ScriptedGenerator) -> Answering:
    return Answering(
        pipeline=pipeline_over(await index_of(PUMP), generator=generator, reranker=ReversingReranker()),
        cache=AnswerCache(capacity_bytes=1_000_000, max_age_seconds=60),
        visible=lambda _, versions: versions,
        state_of=lambda _: "s",
        question_characters=200,
    )


async def trial(*, share: float, shadow: bool = False) -> TrialAnswering:
    control, treatment = (ScriptedGenerator(TextDelta(text=f"{SERVICE} {name}.")) for name in ("Usual", "Other"))
    return TrialAnswering(
        control=await arm(generator=control),
        treatment=await arm(generator=treatment),
        experiment=Experiment(name="depth", share=share),
        shadow=shadow,
    )


async def answer_of(answering: TrialAnswering | ObservedPipeline) -> Answer:
    last = [event async for event in answering.answer(question())][-1]
    assert isinstance(last, Answer)
    return last


async def finish(runner: ShadowRunner) -> None:
    async with asyncio.timeout(30):
        while runner.busy:
            await asyncio.sleep(0)


async def test_the_receipt_names_the_arm_that_answered() -> None:
    treated = await answer_of(await trial(share=1.0))
    assert (treated.receipt.arm, "Other." in treated.text) == (Arm.TREATMENT, True)
    usual = await answer_of(await trial(share=0.0))
    assert (usual.receipt.arm, "Usual." in usual.text) == (Arm.CONTROL, True)


async def test_no_arm_gives_the_answers_that_the_other_has_kept() -> None:
    both = await trial(share=1.0)
    await answer_of(both)
    assert (both.caches["treatment_answers"].entries, both.caches["answers"].entries) == (1, 0)
    again = await answer_of(both)
    assert (again.receipt.cached, again.receipt.arm) == (True, Arm.TREATMENT)
    both.drop_caches()
    assert both.caches["treatment_answers"].entries == 0


async def test_a_shadow_is_recorded_and_the_user_gets_the_usual_answer() -> None:
    both, watcher = await trial(share=1.0, shadow=True), Watcher()
    runner = ShadowRunner(lambda: both, concurrency=1, observers=[watcher])
    seen = await answer_of(ObservedPipeline(both, [runner]))
    await finish(runner)
    assert (seen.receipt.arm, "Usual." in seen.text) == (Arm.CONTROL, True)
    [work], [outcome] = watcher.began, watcher.ended
    assert (work.operation, work.shadow_of) == (Operation.SHADOW, seen.receipt.request_id)
    assert outcome.answer is not None
    assert "Other." in outcome.answer.text
    assert outcome.answer.receipt.arm is Arm.TREATMENT
    assert outcome.answer.receipt.request_id != seen.receipt.request_id


async def test_a_busy_runner_leaves_shadows_out_and_kept_answers_have_none() -> None:
    both, watcher = await trial(share=1.0, shadow=True), Watcher()
    runner = ShadowRunner(lambda: both, concurrency=1, observers=[watcher])
    pipeline = ObservedPipeline(both, [runner])
    for _ in range(2):
        both.drop_caches()
        [event async for event in pipeline.answer(question(), fresh=True)]
    await finish(runner)
    begun = len(watcher.began)
    assert begun + runner.left_out == 2
    assert (await answer_of(pipeline)).receipt.cached
    assert not runner.busy


async def test_conversations_outside_the_share_have_no_shadow() -> None:
    both, watcher = await trial(share=0.0, shadow=True), Watcher()
    runner = ShadowRunner(lambda: both, concurrency=1, observers=[watcher])
    await answer_of(ObservedPipeline(both, [runner]))
    assert not runner.busy
    await runner.close()
    assert watcher.began == []
