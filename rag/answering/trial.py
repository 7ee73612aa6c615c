"""Answers with one of two configurations, which share the index and the encoder."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from rag.answering.experiment import Experiment
from rag.answering.pipeline import Pipeline
from rag.answering.service import Answering
from rag.answers import Answer, AnswerEvent, Arm, Question
from rag.telemetry.recorder import CacheCounts, Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAnswering:
    """Stands where ``Answering`` does. Each arm has a cache of its own, so that neither gives the other's answers.

    ``shadow``: the control answers every question that somebody asks.
    """

    control: Answering
    treatment: Answering
    experiment: Experiment
    shadow: bool

    @property
    def pipeline(self) -> Pipeline:
        """What searches, and what is measured: the control."""
        return self.control.pipeline

    async def answer(
        self, question: Question, *, fresh: bool = False, recorder: Recorder | None = None
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Streams what ``Answering.answer`` of the question's arm does, and raises the same; the receipt names it."""
        arm = Arm.CONTROL if self.shadow else self.experiment.arm_of(question)
        chosen = self.treatment if arm is Arm.TREATMENT else self.control
        async with aclosing(chosen.answer(question, fresh=fresh, recorder=recorder)) as events:
            async for event in events:
                yield replace(event, receipt=replace(event.receipt, arm=arm)) if isinstance(event, Answer) else event

    def drop_caches(self) -> None:
        """Forgets answers and vectors of both."""
        self.control.drop_caches()
        self.treatment.drop_caches()

    @property
    def caches(self) -> Mapping[str, CacheCounts]:
        """The counts of every cache, by its name."""
        treatment = {f"treatment_{name}": counts for name, counts in self.treatment.caches.items()}
        return {**self.control.caches, **treatment}
