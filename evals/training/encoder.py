"""Adapts all-MiniLM-L6-v2 to a corpus: moves questions nearer to their passages than to others."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import onnx
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import AutoModel

from evals.training.loop import Schedule, device, freeze, load_quietly, train
from rag.models.bert_graph import build_encoder

PAIRS_A_STEP = 24
_MAX_TOKENS = 256
_SCALE = 20.0


class EncoderTraining:
    """Trains the encoder from the published weights in ``base``; embeddings are frozen."""

    def __init__(self, base: Path) -> None:
        self.model: torch.nn.Module = load_quietly(lambda: AutoModel.from_pretrained(base)).to(device())
        freeze([self.model.get_submodule("embeddings")])
        self._tokenizer_file = base / "tokenizer.json"
        self._tokenizer = Tokenizer.from_file(str(self._tokenizer_file))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.enable_padding()

    def train(
        self,
        pairs: Sequence[tuple[str, str]],
        schedule: Schedule,
        folder: Path,
        *,
        on_step: Callable[[int, float], None],
    ) -> None:
        """Trains on pairs of a question and the passage that answers it; a passage occurs once in a step."""
        train(
            self.model, lambda step: self._loss(_drawn(pairs, step, schedule.seed)), schedule, folder, on_step=on_step
        )

    def write(self, folder: Path) -> None:
        """Writes the model for ``OnnxEncoder``."""
        weights = {name: value.float().cpu().numpy() for name, value in self.model.state_dict().items()}
        onnx.save(build_encoder(weights, name="all-MiniLM-L6-v2", quantized=True), str(folder / "model.onnx"))
        shutil.copyfile(self._tokenizer_file, folder / "tokenizer.json")

    def _loss(self, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        """Returns the InfoNCE loss (van den Oord et al. 2018) over passages and over questions."""
        questions = self._encode([question for question, _ in pairs])
        passages = self._encode([passage for _, passage in pairs])
        likeness = _SCALE * questions @ passages.T
        right = torch.arange(len(pairs), device=likeness.device)
        return (functional.cross_entropy(likeness, right) + functional.cross_entropy(likeness.T, right)) / 2

    def _encode(self, texts: Sequence[str]) -> torch.Tensor:
        read = self._tokenizer.encode_batch(list(texts))
        ids = torch.tensor([one.ids for one in read], device=device())
        mask = torch.tensor([one.attention_mask for one in read], device=device())
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        return functional.normalize((hidden * mask[..., None]).sum(dim=1), dim=-1)


def _drawn(pairs: Sequence[tuple[str, str]], step: int, seed: int) -> list[tuple[str, str]]:
    """Returns a step's pairs; each pair occurs once per epoch."""
    epoch_steps = max(1, len(pairs) // PAIRS_A_STEP)
    order = list(range(len(pairs)))
    Random(f"{seed} {step // epoch_steps}").shuffle(order)  # noqa: S311 - no secret
    start = step % epoch_steps * PAIRS_A_STEP
    chosen = {pairs[at][1]: pairs[at] for at in order[start : start + PAIRS_A_STEP]}
    return list(chosen.values())
