"""The card that lies with a trained model: from what it was made, how, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from evals.metrics.retrieval import Gain
from evals.training.loop import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a training run came to. ``gain`` is measured on questions that were held out, against what is in use."""

    kind: str
    data: str
    questions: int
    held_out: int
    schedule: Schedule
    metric: str
    now: float
    new: float
    gain: Gain
    weight: float | None = None

    @property
    def is_better(self) -> bool:
        """Whether the whole 95 % interval of the paired differences lies above zero."""
        return self.gain.low > 0

    def to_json(self) -> Mapping[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self) | {"is_better": self.is_better}

    def card(self, name: str) -> str:
        """Returns the card in Markdown."""
        weight = "" if self.weight is None else f"- Weight beside the search's own score: {self.weight}\n"
        return (
            f"# {name}\n\n"
            f"- For: {self.kind}, made with `citewell train {self.kind}` on {date.today().isoformat()}\n"  # noqa: DTZ011 - the day where it was made
            f"- From: all-MiniLM-L6-v2 (Apache-2.0)\n"
            f"- Data: {self.data}: {self.questions} questions, {self.held_out} held out\n"
            f"- Recipe: {self.schedule.steps} steps, AdamW, learning rate {self.schedule.learning_rate}, "
            f"seed {self.schedule.seed}\n"
            f"{weight}"
            f"- {self.metric} on the held-out questions: {self.new:.4f}, in use before {self.now:.4f}; "
            f"gain {self.gain.mean:+.4f} (95 % interval {self.gain.low:+.4f} to {self.gain.high:+.4f})\n"
            f"- {'Better' if self.is_better else 'Not shown to be better'} than what was in use.\n"
            "- Limits: English; held-out questions are of the same kind and from the same source as those it learned "
            "from. Measure it on questions that people ask: `citewell eval`.\n"
        )
