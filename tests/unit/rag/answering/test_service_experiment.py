import asyncio

from rag.answering.experiment import Experiment
from rag.answering.service import AnswerService, CachedPipeline, Treatment
from rag.answers import Answer, Arm, TextDelta
from rag.telemetry.recorder import Observer, Operation
from tests.support.builders.monitoring import Watcher
from tests.support.builders.pipeline import (
    PUMP,
    SERVICE,
    ReversingReranker,
    ScriptedGenerator,
    answer_service,
    cached,
    index_of,
    pipeline_over,
    question,
)


async def arm(name: str) -> CachedPipeline:
    generator = ScriptedGenerator(TextDelta(text=f"{SERVICE} {name}."))
    return cached(pipeline_over(await index_of(PUMP), generator=generator, reranker=ReversingReranker()))


async def experiment(*observers: Observer, share: float, shadow: bool = False) -> AnswerService:
    treatment = Treatment(cached=await arm("Other"), experiment=Experiment(name="depth", share=share), shadow=shadow)
    return answer_service(await arm("Usual"), treatment=treatment, observers=observers)


async def answer_of(answering: AnswerService) -> Answer:
    last = [event async for event in answering.answer(question())][-1]
    assert isinstance(last, Answer)
    return last


async def shadows_end(answering: AnswerService) -> None:
    async with asyncio.timeout(30):
        while answering.shadow_is_running:
            await asyncio.sleep(0)


async def test_the_receipt_names_the_arm_that_answered() -> None:
    treated = await answer_of(await experiment(share=1.0))
    assert (treated.receipt.arm, "Other." in treated.text) == (Arm.TREATMENT, True)
    usual = await answer_of(await experiment(share=0.0))
    assert (usual.receipt.arm, "Usual." in usual.text) == (Arm.CONTROL, True)


async def test_no_arm_gives_the_answers_that_the_other_has_kept() -> None:
    both = await experiment(share=1.0)
    await answer_of(both)
    assert (both.arms.caches["treatment_answers"].entries, both.arms.caches["answers"].entries) == (1, 0)
    again = await answer_of(both)
    assert (again.receipt.cached, again.receipt.arm) == (True, Arm.TREATMENT)
    both.arms.drop_caches()
    assert both.arms.caches["treatment_answers"].entries == 0


async def test_a_shadow_is_recorded_and_the_user_gets_the_usual_answer() -> None:
    watcher = Watcher()
    both = await experiment(watcher, share=1.0, shadow=True)
    seen = await answer_of(both)
    await shadows_end(both)
    assert (seen.receipt.arm, "Usual." in seen.text) == (Arm.CONTROL, True)
    asked, shadow = watcher.began
    assert (asked.operation, shadow.operation) == (Operation.ASK, Operation.SHADOW)
    assert shadow.shadow_of == seen.receipt.request_id
    answer = watcher.ended[-1].answer
    assert answer is not None
    assert "Other." in answer.text
    assert answer.receipt.arm is Arm.TREATMENT
    assert answer.receipt.request_id != seen.receipt.request_id


async def test_shadows_beyond_the_limit_are_left_out_and_cached_answers_have_none() -> None:
    watcher = Watcher()
    both = await experiment(watcher, share=1.0, shadow=True)
    for _ in range(2):
        both.arms.drop_caches()
        [event async for event in both.answer(question(), fresh=True)]
    await shadows_end(both)
    assert shadows(watcher) + both.shadows_left_out == 2
    assert (await answer_of(both)).receipt.cached
    assert not both.shadow_is_running


async def test_conversations_outside_the_share_have_no_shadow() -> None:
    watcher = Watcher()
    both = await experiment(watcher, share=0.0, shadow=True)
    await answer_of(both)
    assert not both.shadow_is_running
    await both.close()
    assert shadows(watcher) == 0


async def test_closing_the_service_cancels_its_shadows() -> None:
    watcher = Watcher()
    both = await experiment(watcher, share=1.0, shadow=True)
    await answer_of(both)
    assert both.shadow_is_running
    await both.close()
    assert not both.shadow_is_running


def shadows(watcher: Watcher) -> int:
    return sum(work.operation is Operation.SHADOW for work in watcher.began)
