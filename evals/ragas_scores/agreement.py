"""Measures a judge's reliability on labelled answers, some of them asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evals.ragas_scores.samples import NotComputedError, Sample

_ITEMS = Path(__file__).parent / "labelled_items.jsonl"
_TWICE = range(0, 24, 3)  # indices: supported and unsupported, English and Chinese
Faithfulness = Callable[[Sample], Awaitable[float]]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """``label``: share of ``items`` judged like their label; ``same``: share of repeated items judged the same."""

    label: float | None
    same: float | None
    items: int


class LabelledItem(BaseModel):
    """An answer to a question, and whether the passage supports all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    language: str
    question: str
    passage: str
    answer: str
    supported: bool

    @property
    def sample(self) -> Sample:
        return Sample(user_input=self.question, response=self.answer, retrieved_contexts=(self.passage,), reference="")


def labelled_items() -> tuple[LabelledItem, ...]:
    """Returns the labelled items, half of them supported."""
    return tuple(LabelledItem.model_validate_json(line) for line in _ITEMS.read_text("utf-8").splitlines())


async def agreement_of(faithfulness: Faithfulness, on_progress: Progress, *, concurrency: int) -> Agreement:
    """Asks about every item, and about some twice; items without a verdict do not count."""
    items = labelled_items()
    slots = asyncio.Semaphore(concurrency)
    done = count(1)

    async def ask(item: LabelledItem, *, twice: bool) -> tuple[bool | None, bool | None]:
        async with slots:
            first = await _verdict(item, faithfulness)
            again = await _verdict(item, faithfulness) if twice and first is not None else None
        on_progress("checking the judge", next(done), len(items))
        return first, again

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(ask(item, twice=at in _TWICE)) for at, item in enumerate(items)]
    verdicts = [task.result() for task in asked]
    right = [first is item.supported for item, (first, _) in zip(items, verdicts, strict=True) if first is not None]
    same = [first is again for first, again in verdicts if again is not None]
    return Agreement(label=_share(right), same=_share(same), items=len(right))


async def _verdict(item: LabelledItem, faithfulness: Faithfulness) -> bool | None:
    """Returns the judge's verdict on the whole answer; None without one."""
    try:
        return await faithfulness(item.sample) == 1.0
    except NotComputedError:
        return None


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
