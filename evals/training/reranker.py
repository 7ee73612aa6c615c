"""Trains a cross-encoder that corrects the ranking of the search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np
import onnx
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertForSequenceClassification

from evals.training.loop import Schedule, device, freeze, load_quietly, train
from evals.training.reading_groups import ReadingGroup
from rag.models.bert_graph import build_cross_encoder
from rag.models.subwords import WordPiece
from rag.retrieval.rerankers.onnx import MAX_QUESTION_TOKENS, MAX_TOKENS

GROUPS_A_STEP = 8
_WRONG = 7
_HARDEST = 3
_FROZEN_LAYERS = 2
_SCORE_SCALE = 6.0
"""Scale of the search's scores, which differ by tenths, beside the model's logits."""
_UNANSWERED_WEIGHT = 0.5
WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


class RerankerTraining:
    """Trains a cross-encoder from the transformers folder ``base``, with its first ``layers`` layers.

    The model learns corrections: its output, initially zero for every pair, is added to the score of the search. The
    embeddings and the lowest layers are frozen.
    """

    def __init__(self, base: Path, *, layers: int) -> None:
        self.model: BertForSequenceClassification = load_quietly(
            lambda: BertForSequenceClassification.from_pretrained(base, num_labels=1, num_hidden_layers=layers)
        )
        torch.nn.init.eye_(self.model.bert.pooler.dense.weight)  # the published one was not trained for this
        torch.nn.init.zeros_(self.model.bert.pooler.dense.bias)
        torch.nn.init.zeros_(self.model.classifier.weight)
        torch.nn.init.zeros_(self.model.classifier.bias)
        self.model.to(device())
        freeze([self.model.bert.embeddings, *self.model.bert.encoder.layer[:_FROZEN_LAYERS]])
        self._tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def train(
        self, groups: Sequence[ReadingGroup], schedule: Schedule, folder: Path, *, on_step: Callable[[int, float], None]
    ) -> None:
        """Trains on ``groups``; resumes a stopped run with the same schedule in ``folder``."""
        train(
            self.model,
            lambda step: self._loss(_drawn(groups, step, schedule.seed)),
            schedule,
            folder,
            head=self.model.classifier,
            on_step=on_step,
        )

    def write(self, folder: Path) -> None:
        """Writes the model for transformers, and quantised for ONNX Runtime."""
        self.model.save_pretrained(folder)
        self._tokenizer.save(str(folder / "tokenizer.json"))
        weights = {name: value.float().cpu().numpy() for name, value in self.model.state_dict().items()}
        onnx.save(build_cross_encoder(weights, quantized=True), str(folder / "model.onnx"))

    def _loss(self, groups: Sequence[ReadingGroup]) -> torch.Tensor:
        """Returns the listwise softmax loss of the corrected scores plus the binary loss of each pair."""
        logits = self._read([(group.question, text) for group in groups for text in group.texts]).float()
        losses = []
        for group, own in zip(groups, torch.split(logits, [len(group.texts) for group in groups]), strict=True):
            if group.right is None:
                losses.append(_UNANSWERED_WEIGHT * functional.softplus(own).mean())
                continue
            before = torch.tensor(group.scores, device=own.device)
            right = torch.zeros_like(own)
            right[group.right] = 1
            ordered = functional.cross_entropy((own + _SCORE_SCALE * before)[None], right[None])
            alone = functional.binary_cross_entropy_with_logits(own, right)
            losses.append(ordered + _UNANSWERED_WEIGHT * alone)
        return torch.stack(losses).mean()

    def _read(self, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        rows = [self._pair(question, text) for question, text in pairs]
        longest = max(len(ids) for ids, _ in rows)
        ids = torch.zeros(len(rows), longest, dtype=torch.long)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        for row, (own, questions) in enumerate(rows):
            ids[row, : len(own)] = torch.tensor(own)
            types[row, questions : len(own)] = 1
            mask[row, : len(own)] = 1
        where = device()
        output = self.model(input_ids=ids.to(where), attention_mask=mask.to(where), token_type_ids=types.to(where))
        logits: torch.Tensor = output.logits[:, 0]
        return logits

    def _pair(self, question: str, text: str) -> tuple[list[int], int]:
        """Returns a pair's tokens, cut like in ``OnnxCrossEncoder``, and the number of the question's tokens."""
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
        first = [WordPiece.first, *asked, WordPiece.last]
        read = self._tokenizer.encode(text, add_special_tokens=False).ids[: MAX_TOKENS - len(first) - 1]
        return [*first, *read, WordPiece.last], len(first)


def _drawn(groups: Sequence[ReadingGroup], step: int, seed: int) -> list[ReadingGroup]:
    """Returns a step's groups, with the hardest wrong passages and some others; each occurs once per epoch."""
    epoch_steps = max(1, len(groups) // GROUPS_A_STEP)
    order = list(range(len(groups)))
    Random(f"{seed} {step // epoch_steps}").shuffle(order)  # noqa: S311 - no secret
    start = step % epoch_steps * GROUPS_A_STEP
    chance = Random(f"{seed} step {step}")  # noqa: S311 - no secret
    return [_thinned(groups[at], chance) for at in order[start : start + GROUPS_A_STEP]]


def _thinned(group: ReadingGroup, chance: Random) -> ReadingGroup:
    wrong = [at for at in range(len(group.texts)) if at != group.right]
    others = wrong[_HARDEST:]
    kept = [*wrong[:_HARDEST], *chance.sample(others, min(len(others), _WRONG - _HARDEST))]
    chosen = kept if group.right is None else [group.right, *kept]
    return replace(
        group,
        texts=tuple(group.texts[at] for at in chosen),
        scores=tuple(group.scores[at] for at in chosen),
        right=None if group.right is None else 0,
    )


def combined_reciprocal_rank(group: ReadingGroup, model_scores: Sequence[float], *, weight: float) -> float:
    """Returns one over the rank of the right passage by the combined score, as in the reranker.

    ``model_scores`` are the model's, in [0, 1]; ``weight`` is their share of the combined score.

    Raises:
        ValueError: no passage of the group is right.
    """
    if group.right is None:
        raise ValueError("nothing in the group answers the question")
    scores = (1 - weight) * np.array(group.scores) + weight * np.array(model_scores)
    return 1 / (1 + int((scores > scores[group.right]).sum()))


def calibrated_weight(groups: Sequence[ReadingGroup], model_scores: Sequence[Sequence[float]]) -> float:
    """Returns the weight of ``WEIGHTS`` with the best mean reciprocal rank; of equal ones, the smallest."""

    def mean(weight: float) -> float:
        pairs = zip(groups, model_scores, strict=True)
        return fmean([combined_reciprocal_rank(group, own, weight=weight) for group, own in pairs] or [0.0])

    return max(WEIGHTS, key=mean)
