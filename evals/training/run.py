"""Training runs: make examples, train, compare with the model in use, publish the version with its card."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from evals.datasets.dataset import RetrievalSet
from evals.metrics import Gain, ndcg_at_k, paired_bootstrap
from evals.runs.retrieval import rank
from evals.training.encoder import PAIRS_A_STEP, EncoderTraining
from evals.training.loop import Schedule
from evals.training.questions import Part, is_held_out
from evals.training.reading_groups import ReadingGroup, reading_groups
from evals.training.reranker import GROUPS_A_STEP, RerankerTraining, calibrated_weight, combined_reciprocal_rank
from rag.errors import ConfigurationError
from rag.models.folder import publish
from rag.models.installed import MINILM
from rag.models.pair_form import PairForm, write_pair_form
from rag.models.trained import ModelKind
from rag.retrieval.rerankers.onnx import OnnxCrossEncoder
from rag.settings import Settings
from rag.types import Chunk

Progress = Callable[[str, int, int], None]
LEAST_QUESTIONS, LEAST_JUDGES = 40, 15
"""With fewer, neither training nor the comparison is meaningful."""
_RERANKER_RATE, _ENCODER_RATE = 8e-5, 2e-5
_CALIBRATES = "calibrates "


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The result of a training run. ``gain`` is over the model in use, on held-out questions."""

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
        """Returns whether the whole 95 % interval of the gain is above zero."""
        return self.gain.low > 0

    def to_json(self) -> Mapping[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self) | {"is_better": self.is_better}

    def card(self, name: str) -> str:
        """Returns the model's card in Markdown."""
        weight = "" if self.weight is None else f"- Weight beside the search's own score: {self.weight}\n"
        return (
            f"# {name}\n\n"
            f"- For: {self.kind}, made with `citewell train {self.kind}` on {date.today().isoformat()}\n"  # noqa: DTZ011 - the local date
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


async def train_reranker(
    parts: Sequence[Part],
    settings: Settings,
    folder: Path,
    *,
    data: str,
    in_use: Path | None,
    epochs: float,
    layers: int,
    on_progress: Progress,
) -> Trained:
    """Trains a cross-encoder and publishes it in ``folder``; compares it with the one in the folder ``in_use``.

    A fixed fifth of the documents is held out: half of their questions calibrates the weight, half judges.

    Raises:
        ConfigurationError: there are too few questions.
    """
    groups: list[ReadingGroup] = []
    for part in parts:
        groups.extend(await reading_groups(part, settings, on_progress=on_progress))
    training = [group for group in groups if not is_held_out(group.document)]
    held_out = [group for group in groups if group.right is not None and is_held_out(group.document)]
    calibrating = [group for group in held_out if is_held_out(_CALIBRATES + group.question, share=0.5)]
    judging = [group for group in held_out if group not in calibrating]
    _check_enough(len(training), len(judging))
    schedule = Schedule(steps=_steps(len(training), GROUPS_A_STEP, epochs), learning_rate=_RERANKER_RATE)
    work = _work_folder(folder)
    made = RerankerTraining(MINILM.source().parent, layers=layers)
    made.train(training, schedule, work, on_step=lambda step, _: on_progress("training", step, schedule.steps))
    draft = work / "model"
    shutil.rmtree(draft, ignore_errors=True)
    publish(draft, made.write)
    model = OnnxCrossEncoder(draft)
    weight = calibrated_weight(calibrating, _model_scores(model, calibrating))
    before = OnnxCrossEncoder(in_use) if in_use else None
    now = _reciprocal_ranks(judging, before, before.form.weight if before else 0.0)
    new = _reciprocal_ranks(judging, model, weight)
    trained = Trained(
        kind=ModelKind.RERANKER,
        data=data,
        questions=len(training),
        held_out=len(judging),
        schedule=schedule,
        metric="Mean reciprocal rank among the candidates",
        now=sum(now) / len(now),
        new=sum(new) / len(new),
        gain=paired_bootstrap(now, new),
        weight=weight,
    )

    def write(into: Path) -> None:
        _copy_model(draft, into)
        write_pair_form(into, PairForm(weight=weight))

    _publish_version(folder, trained, write)
    return trained


async def train_encoder(
    part: Part, settings: Settings, folder: Path, *, data: str, epochs: float, on_progress: Progress
) -> Trained:
    """Adapts the encoder and publishes it in ``folder``; compares it with the one in use by the whole search.

    Raises:
        ConfigurationError: there are too few questions.
    """
    chunks = {chunk.chunk_id: chunk for chunk in part.corpus}
    asked = [(question.text, chunks[question.chunk_id]) for question in part.questions if question.chunk_id in chunks]
    pairs = [(text, chunk.indexed_text) for text, chunk in asked if not is_held_out(chunk.document_id)]
    judging = [(text, chunk) for text, chunk in asked if is_held_out(chunk.document_id)]
    _check_enough(len(pairs), len(judging))
    schedule = Schedule(steps=_steps(len(pairs), PAIRS_A_STEP, epochs), learning_rate=_ENCODER_RATE)
    work = _work_folder(folder)
    made = EncoderTraining(MINILM.source().parent)
    made.train(pairs, schedule, work, on_step=lambda step, _: on_progress("training", step, schedule.steps))
    draft = work / folder.name
    shutil.rmtree(draft, ignore_errors=True)
    publish(draft, made.write)
    judged = _as_retrieval_set(part, judging)
    adapted = settings.encoder.model_copy(update={"model": str(draft)})
    now = await _ndcg(judged, settings, on_progress)
    new = await _ndcg(judged, settings.model_copy(update={"encoder": adapted}), on_progress)
    trained = Trained(
        kind=ModelKind.ENCODER,
        data=data,
        questions=len(pairs),
        held_out=len(judging),
        schedule=schedule,
        metric="nDCG@10 of the whole search",
        now=sum(now) / len(now),
        new=sum(new) / len(new),
        gain=paired_bootstrap(now, new),
    )
    _publish_version(folder, trained, lambda into: _copy_model(draft, into))
    return trained


def _check_enough(training: int, judging: int) -> None:
    if training < LEAST_QUESTIONS or judging < LEAST_JUDGES:
        raise ConfigurationError(
            f"There are {training} questions to train on and {judging} to judge by; at least {LEAST_QUESTIONS} and "
            f"{LEAST_JUDGES} are needed. Add documents, or accepted answers with --feedback."
        )


def _steps(examples: int, a_step: int, epochs: float) -> int:
    return max(1, math.ceil(epochs * examples / a_step))


def _work_folder(folder: Path) -> Path:
    """Returns the folder for checkpoints, where the next run finds that of a stopped one."""
    work = folder.parent / f".training-{folder.name}"
    work.mkdir(parents=True, exist_ok=True)
    return work


def _model_scores(model: OnnxCrossEncoder, groups: Sequence[ReadingGroup]) -> list[list[float]]:
    return [[float(score) for score in model.score(group.question, group.texts)] for group in groups]


def _reciprocal_ranks(groups: Sequence[ReadingGroup], model: OnnxCrossEncoder | None, weight: float) -> list[float]:
    model_scores = _model_scores(model, groups) if model else [list(group.scores) for group in groups]
    return [
        combined_reciprocal_rank(group, own, weight=weight) for group, own in zip(groups, model_scores, strict=True)
    ]


def _copy_model(source: Path, target: Path) -> None:
    for path in source.iterdir():
        if path.name != "manifest.json":
            shutil.copyfile(path, target / path.name)


def _publish_version(folder: Path, trained: Trained, write: Callable[[Path], None]) -> None:
    def write_all(into: Path) -> None:
        write(into)
        (into / "README.md").write_text(trained.card(folder.name), encoding="utf-8")
        (into / "evaluation.json").write_text(json.dumps(trained.to_json(), indent=2) + "\n", encoding="utf-8")

    publish(folder, write_all)
    shutil.rmtree(_work_folder(folder))


def _as_retrieval_set(part: Part, judging: Sequence[tuple[str, Chunk]]) -> RetrievalSet:
    """Returns a retrieval set in which every chunk is a document."""
    questions = {f"q{number}": (text, chunk) for number, (text, chunk) in enumerate(judging)}
    return RetrievalSet(
        name="held out",
        corpus=tuple(replace(chunk, document_id=chunk.chunk_id) for chunk in part.corpus),
        queries={key: text for key, (text, _) in questions.items()},
        judgements={key: {chunk.chunk_id: 1} for key, (_, chunk) in questions.items()},
    )


async def _ndcg(judged: RetrievalSet, settings: Settings, on_progress: Progress) -> list[float]:
    ranking: Mapping[str, Sequence[str]] = await rank(judged, settings, on_progress=on_progress)
    return [ndcg_at_k(ranked, judged.judgements[query], k=10) for query, ranked in ranking.items()]
