from __future__ import annotations

import pytest

from rag.answers import CitationMark, Sources, TextDelta
from rag.errors import GeneratorError, IndexUnavailableError
from tests.support.builders.pipeline import (
    CAT,
    LEAVE,
    PUMP,
    SERVICE,
    FailingReranker,
    ScriptedGenerator,
    answer_of,
    index_of,
    pipeline_over,
    question,
)
from tests.support.fakes.hash_encoder import FailingEncoder


async def test_without_an_encoder_words_alone_find_and_answer() -> None:
    index = await index_of(PUMP, LEAVE, CAT)
    answer = await answer_of(pipeline_over(index, encoder=FailingEncoder()), question())
    assert index.queries[0].vector is None
    assert answer.sentences[0].text == SERVICE
    [degradation] = [part for part in answer.receipt.degraded if part.stage == "encode"]
    assert "BM25" in degradation.reason


async def test_without_an_encoder_a_written_sentence_is_still_checked() -> None:
    generator = ScriptedGenerator(
        TextDelta(text="The pump must be serviced every 6,000 hours"),
        CitationMark(number=1),
        TextDelta(text=". It costs 75 euros."),
    )
    pipeline = pipeline_over(await index_of(PUMP), encoder=FailingEncoder(), generator=generator)
    supported, invented = (await answer_of(pipeline, question())).sentences
    assert [citation.quote for citation in supported.citations] == [SERVICE]
    assert not invented.supported


async def test_a_failing_reranker_leaves_the_fused_order() -> None:
    fused = await pipeline_over(await index_of(PUMP, LEAVE, CAT)).search(question())
    result = await pipeline_over(await index_of(PUMP, LEAVE, CAT), reranker=FailingReranker()).search(question())
    assert result.hits == fused.hits
    assert [degradation.stage for degradation in result.receipt.degraded] == ["rerank"]


async def test_a_generator_that_fails_before_its_first_word_is_stood_in_for() -> None:
    pipeline = pipeline_over(await index_of(PUMP, LEAVE), generator=ScriptedGenerator(fails=True))
    answer = await answer_of(pipeline, question())
    assert answer.sentences[0].text == SERVICE
    assert (answer.receipt.generator, answer.receipt.prompt) == ("extractive", None)
    [degradation] = [part for part in answer.receipt.degraded if part.stage == "generate"]
    assert "the server went away" in degradation.reason


async def test_a_generator_that_fails_while_writing_fails_the_answer() -> None:
    generator = ScriptedGenerator(TextDelta(text="The pump must"), fails=True)
    stream = pipeline_over(await index_of(PUMP), generator=generator).answer(question())
    assert isinstance(await anext(stream), Sources)
    assert await anext(stream) == TextDelta(text="The pump ")  # the last word may go on
    with pytest.raises(GeneratorError):
        await anext(stream)


async def test_an_index_that_is_down_is_an_error() -> None:
    index = await index_of(PUMP)
    await index.close()
    with pytest.raises(IndexUnavailableError):
        await pipeline_over(index).search(question())
