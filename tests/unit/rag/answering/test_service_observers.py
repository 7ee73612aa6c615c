import pytest

from rag.answers import Answer, Sources, TextDelta
from rag.errors import EmptyQuestionError, GeneratorError, IndexUnavailableError
from rag.telemetry.recorder import REQUEST_ID, Operation
from tests.support.builders.monitoring import WRITTEN, Watcher, ask, observed
from tests.support.builders.pipeline import ScriptedGenerator, question


async def test_observers_are_told_of_an_answer_before_it_goes_out() -> None:
    watcher = Watcher()
    pipeline = await observed(watcher, generator=ScriptedGenerator(*WRITTEN))
    async for event in pipeline.answer(question()):
        if isinstance(event, Answer):
            [outcome] = watcher.ended
            assert outcome.answer == event
            assert outcome.error is None
        else:
            assert watcher.ended == []
    assert [work.operation for work in watcher.began] == [Operation.ASK]
    assert len(watcher.ended) == 1


async def test_a_failed_question_is_told_with_the_stage_that_failed() -> None:
    watcher = Watcher()
    pipeline = await observed(watcher, fails=True)
    with pytest.raises(IndexUnavailableError):
        await ask(pipeline)
    [outcome] = watcher.ended
    assert outcome.answer is None
    assert isinstance(outcome.error, IndexUnavailableError)
    assert [(timed.receipt.stage, timed.error) for timed in outcome.recorder.timeline] == [
        ("encode", None),
        ("retrieve", outcome.error),
    ]


async def test_a_failure_in_the_middle_of_an_answer_is_told() -> None:
    watcher = Watcher()
    pipeline = await observed(watcher, generator=ScriptedGenerator(WRITTEN[0], fails=True))
    with pytest.raises(GeneratorError):
        await ask(pipeline)
    assert isinstance(watcher.ended[0].error, GeneratorError)


async def test_a_client_that_goes_away_is_told() -> None:
    watcher = Watcher()
    generator = ScriptedGenerator(*WRITTEN)
    events = (await observed(watcher, generator=generator)).answer(question())
    assert isinstance(await anext(events), Sources)
    assert isinstance(await anext(events), TextDelta)
    await events.aclose()
    assert isinstance(watcher.ended[0].error, GeneratorExit)


async def test_a_question_that_is_refused_is_told() -> None:
    watcher = Watcher()
    with pytest.raises(EmptyQuestionError):
        await (await observed(watcher)).search(question(" "))
    assert isinstance(watcher.ended[0].error, EmptyQuestionError)


async def test_stages_lie_one_after_the_other_within_the_work() -> None:
    watcher = Watcher()
    await ask(await observed(watcher))
    [outcome] = watcher.ended
    timeline = outcome.recorder.timeline
    starts = [timed.started_milliseconds for timed in timeline]
    ends = [timed.started_milliseconds + timed.receipt.milliseconds for timed in timeline]
    assert starts == sorted(starts)
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert starts[0] >= 0
    assert ends[-1] <= outcome.milliseconds


async def test_a_receipt_has_the_id_of_the_request() -> None:
    token = REQUEST_ID.set("r" * 32)
    try:
        answer = (await ask(await observed()))[-1]
        assert isinstance(answer, Answer)
        assert answer.receipt.request_id == "r" * 32
    finally:
        REQUEST_ID.reset(token)
