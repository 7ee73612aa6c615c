"""Tests that each setting shows, drops or rewrites a sentence without support as it says."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rag.answering.pipeline import Pipeline
from rag.answers import (
    AbstentionReason,
    Answer,
    AnswerSentence,
    CitationMark,
    GenerationEvent,
    GenerationRequest,
    Sources,
    TextDelta,
    Verification,
    WrittenBy,
)
from rag.errors import GeneratorError
from rag.settings import GenerationSettings, OnUnsupported
from tests.support.builders.pipeline import (
    PUMP,
    SERVICE,
    ScriptedGenerator,
    answer_of,
    events_of,
    index_of,
    pipeline_over,
    question,
    settings_for,
)

INVENTED = "It was painted green by Olav Berg."
WRITTEN = (TextDelta(text="The pump must be serv"), TextDelta(text="iced every 6,000 hours. It was pain"))
MIXED = (*WRITTEN, TextDelta(text="ted green by Olav Berg. The pump must be serviced."))


class TwoModels:
    """A small model and, when asked for it, a large one; keeps who wrote and who was stopped."""

    def __init__(self, small: tuple[GenerationEvent, ...], large: tuple[GenerationEvent, ...], *, names: str) -> None:
        self._scripts = (small, large)
        self._names = names.split()
        self.stopped: list[str] = []
        self.wrote: list[str] = []

    @property
    def name(self) -> str:
        return self._names[0]

    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        name = self._names[request.escalated]
        yield WrittenBy(generator=name, prompt=None)
        try:
            for event in self._scripts[request.escalated]:
                self.wrote.append(name)
                yield event
        except GeneratorExit:
            self.stopped.append(name)
            raise


async def pipeline(generator: object, mode: OnUnsupported) -> Pipeline:
    settings = settings_for().model_copy(update={"generation": GenerationSettings(on_unsupported=mode)})
    return pipeline_over(await index_of(PUMP), generator=generator, settings=settings)  # type: ignore[arg-type]


async def test_mark_shows_every_word_as_it_comes_and_says_which_sentence_has_no_source() -> None:
    events = await events_of(await pipeline(ScriptedGenerator(*MIXED), OnUnsupported.MARK), question())
    text = [event.text for event in events if isinstance(event, TextDelta)]
    assert text[0] == "The pump must be "  # whole words: the next piece may make another of the last one
    assert "".join(text) == "".join(event.text for event in MIXED if isinstance(event, TextDelta))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert [sentence.supported for sentence in answer.sentences] == [True, False, True]
    assert answer.receipt.verification == Verification(supported=2, unsupported=1)


async def test_drop_never_shows_a_word_of_an_unsupported_sentence() -> None:
    events = await events_of(await pipeline(ScriptedGenerator(*MIXED), OnUnsupported.DROP), question())
    shown = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert shown == f"{SERVICE} The pump must be serviced."
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.text == shown
    assert [sentence.index for sentence in answer.sentences] == [0, 1]
    assert answer.receipt.verification == Verification(supported=2, dropped=1)


async def test_drop_shows_a_sentence_before_the_next_one_is_written() -> None:
    stream = (await pipeline(ScriptedGenerator(*WRITTEN, fails=True), OnUnsupported.DROP)).answer(question())
    assert isinstance(await anext(stream), Sources)
    assert await anext(stream) == TextDelta(text=SERVICE)
    assert isinstance(await anext(stream), AnswerSentence)
    with pytest.raises(GeneratorError):
        await anext(stream)


async def test_an_answer_whose_first_sentence_is_dropped_begins_without_a_space() -> None:
    script = (TextDelta(text=f"{INVENTED} {SERVICE}"), CitationMark(number=1))
    assert (await answer_of(await pipeline(ScriptedGenerator(*script), OnUnsupported.DROP), question())).text == SERVICE


async def test_an_answer_of_which_nothing_is_left_is_an_abstention_with_its_nearest_sources() -> None:
    answer = await answer_of(
        await pipeline(ScriptedGenerator(TextDelta(text=INVENTED)), OnUnsupported.DROP), question()
    )
    assert (answer.abstention, answer.text, answer.sentences) == (AbstentionReason.UNSUPPORTED, "", ())
    assert [passage.hit.chunk for passage in answer.passages] == [PUMP]
    assert answer.receipt.verification == Verification(dropped=1)


@pytest.mark.parametrize("mode", OnUnsupported)
async def test_a_generator_that_writes_nothing_has_declined(mode: OnUnsupported) -> None:
    answer = await answer_of(await pipeline(ScriptedGenerator(TextDelta(text=" \n")), mode), question())
    assert (answer.abstention, answer.text) == (AbstentionReason.MODEL_DECLINED, "")


async def test_retry_stops_the_model_at_its_first_unsupported_sentence_and_asks_the_larger_one() -> None:
    models = TwoModels(MIXED, (TextDelta(text=SERVICE),), names="small large")
    events = await events_of(await pipeline(models, OnUnsupported.RETRY), question())
    assert models.stopped == ["small"]
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer.text == SERVICE
    assert (answer.receipt.generator, answer.receipt.verification) == ("large", Verification(supported=1, retried=1))


async def test_retry_shows_nothing_of_an_answer_that_is_written_anew() -> None:
    models = TwoModels(MIXED, (TextDelta(text=INVENTED),), names="small large")
    answer = await answer_of(await pipeline(models, OnUnsupported.RETRY), question())
    assert answer.text == SERVICE
    assert answer.receipt.generator == "extractive"
    assert answer.receipt.verification == Verification(supported=1, retried=2)


async def test_retry_does_not_ask_the_same_model_twice() -> None:
    models = TwoModels(MIXED, (TextDelta(text="never written"),), names="only only")
    answer = await answer_of(await pipeline(models, OnUnsupported.RETRY), question())
    assert (answer.receipt.generator, answer.receipt.verification.retried) == ("extractive", 1)
    assert len(models.wrote) == len(MIXED)


async def test_retry_leaves_an_answer_alone_that_has_support_throughout() -> None:
    models = TwoModels((TextDelta(text=SERVICE),), (), names="small large")
    answer = await answer_of(await pipeline(models, OnUnsupported.RETRY), question())
    assert (answer.text, answer.receipt.generator) == (SERVICE, "small")
    assert answer.receipt.verification == Verification(supported=1)


async def test_a_generator_that_fails_while_nothing_has_gone_out_is_stood_in_for() -> None:
    script = ScriptedGenerator(TextDelta(text="The pump must"), fails=True)
    answer = await answer_of(await pipeline(script, OnUnsupported.RETRY), question())
    assert (answer.text, answer.receipt.generator) == (SERVICE, "extractive")
    assert any("went away" in part.reason for part in answer.receipt.degraded)


async def test_a_reader_who_leaves_stops_the_model() -> None:
    models = TwoModels(MIXED, (), names="small large")
    stream = (await pipeline(models, OnUnsupported.MARK)).answer(question())
    await anext(stream)
    await anext(stream)
    await stream.aclose()
    assert models.stopped == ["small"]


LAYOUT = """## Care

The pump:

- must be serviced every 6,000 hours
- was painted green by Olav Berg

| Painter | Colour |
|---|---|
| Olav Berg | green |

## Colours

It was painted green by Olav Berg."""


@pytest.mark.parametrize("mode", [OnUnsupported.DROP, OnUnsupported.MARK])
async def test_layout_is_no_claim_and_stays_with_what_it_leads_in(mode: OnUnsupported) -> None:
    answer = await answer_of(await pipeline(ScriptedGenerator(TextDelta(text=LAYOUT)), mode), question())
    if mode is OnUnsupported.DROP:
        assert answer.text == "## Care\n\nThe pump:\n\n- must be serviced every 6,000 hours"
        assert [sentence.text for sentence in answer.sentences] == ["- must be serviced every 6,000 hours"]
    else:
        assert answer.text == LAYOUT
        assert [sentence.supported for sentence in answer.sentences] == [True, False, False, False]
