"""Measures how much personal data is found, and how much of what is found is some, in each half of the sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.studies.personal_data.scores import LABELS, KindScore, score
from evals.studies.personal_data.sentences import Half, LabelledSentence
from rag.guard.personal.finder import find
from rag.guard.personal.finding import Finding
from rag.settings import PersonalKind

Finder = Callable[[Sequence[str]], list[list[Finding]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfReport:
    """The scores of one finder on one half, kind by kind."""

    finder: str
    half: Half
    sentences: int
    scores: tuple[KindScore, ...]

    def to_json(self) -> dict[str, object]:
        """Returns it as JSON has it."""
        scores = [each.to_json() for each in self.scores]
        return {"finder": self.finder, "half": self.half, "sentences": self.sentences, "scores": scores}


class Citewell:
    """Citewell's finders, with the time that each text took."""

    name = "citewell"

    def __init__(self) -> None:
        self._seconds: list[float] = []
        find("Nobody")  # reads the lists of names, once

    def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Returns what they find in each text."""
        return [self._timed(text) for text in texts]

    def _timed(self, text: str) -> list[Finding]:
        start = time.process_time()
        found = find(text)
        self._seconds.append(time.process_time() - start)
        return found

    @property
    def p95_milliseconds(self) -> float:
        """The 95th percentile of the processor time for one text."""
        return float(np.percentile(self._seconds, 95)) * 1_000


def evaluate(
    sentences: Sequence[LabelledSentence], name: str, finder: Finder, kinds: Sequence[PersonalKind] = tuple(LABELS)
) -> list[HalfReport]:
    """Returns a finder's scores on each half."""
    reports = []
    for half in Half:
        chosen = [each for each in sentences if each.half is half]
        scores = score(chosen, finder([each.text for each in chosen]), kinds)
        reports.append(HalfReport(finder=name, half=half, sentences=len(chosen), scores=tuple(scores)))
    return reports
