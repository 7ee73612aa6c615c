from __future__ import annotations

import pytest

from evals.datasets.readers.squad import SquadDataset, SquadQuestion
from evals.studies.generation import ShownAnswer, evaluate_generation, quality_of
from rag.errors import ConfigurationError
from rag.settings import Settings

KNOWN = SquadQuestion(text="Who led?", article="Normans", paragraph=0, answers=("Rollo",))
UNKNOWN = SquadQuestion(text="Who sang?", article="Normans", paragraph=0, answers=())
PASSAGE = "In 911 the duke Rollo led the Normans."


def seen(question: SquadQuestion, *sentences: str) -> ShownAnswer:
    return ShownAnswer(question=question, sentences=sentences, passages=PASSAGE)


def test_quality_is_counted_by_hand() -> None:
    quality = quality_of(
        [
            seen(KNOWN, "The duke Rollo led them in 911."),
            seen(KNOWN, "It was Bernard in 912."),
            seen(UNKNOWN, "It was Rollo on 3 May 1911."),
            seen(UNKNOWN),
        ]
    )
    assert (quality.right, quality.wrong, quality.silent) == (0.25, 0.5, 0.25)
    assert quality.facts == 6  # Rollo, 911; Bernard, 912; Rollo, a date
    assert quality.invented_facts == pytest.approx(3 / 6)


async def test_without_a_model_there_is_nothing_to_measure() -> None:
    empty = SquadDataset(paragraphs=(), questions=())
    run = evaluate_generation(
        empty, lambda _: True, Settings(), questions=2, on_progress=lambda _step, _done, _total: None
    )
    with pytest.raises(ConfigurationError, match="no model"):
        await run
