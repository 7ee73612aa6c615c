"""Trains the classifier that tells orders to a model from other sentences, on sentences made of templates.

The templates (``orders.json``) were written for Citewell. The sentences of its own guides and sample documents are
further examples of what is no order. Nothing is fetched, and nothing that Citewell is measured on is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from rag.guard.orders.features import BUCKETS, Indices, grams
from rag.guard.orders.model import OrderModel
from rag.text.sentences import split_sentences
from rag.types import FloatArray

TEMPLATES = Path(__file__).with_name("orders.json")
OWN_TEXTS = (Path("docs"), Path("evals/datasets/sample/documents"), Path("api/page/words"))
"""Folders of Citewell's source with texts that hold no orders to a model."""
_SLOT = re.compile(r"\{([a-z_0-9]+)\}")
_DEEPEST = 4
_EPOCHS = 8
_RATE = 0.5
_L2 = 2e-5
_EXPANSIONS = {"order": 14, "task": 60, "plain": 10}
"""Sentences made of a template that has slots."""
_REPEATS = 3
"""Variants of a template without slots."""
_HELD_OUT_SHARE = 0.1
_LONG_WORDS = 8
_LIKELY = 0.5
_SMALL, _WITHOUT_STOP, _WITH_WORD = 0.1, 0.2, 0.08
"""Shares of the sentences that are varied in each way."""
Templates = Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """Sentences by kind: orders to a model, tasks for an assistant, and what is neither."""

    orders: tuple[str, ...]
    tasks: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def labelled(self) -> list[tuple[str, tuple[float, float]]]:
        """Each sentence with its labels: an order to a model, a request; NaN does not count."""
        return [
            *((text, (1.0, 1.0)) for text in self.orders),
            *((text, (float("nan"), 1.0)) for text in self.tasks),
            *((text, (0.0, 0.0)) for text in self.plain),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedOrders:
    """A model with its figures on templates that it was not trained on: shares found, and of others taken for them."""

    model: OrderModel
    sentences: int
    orders_found: float
    requests_found: float
    plain_taken: float


def train(folders: Sequence[Path] = (), *, seed: int = 1) -> TrainedOrders:
    """Trains on the templates and on the sentences of the text files in ``folders``, which hold no orders.

    A tenth of the templates is kept aside, measured, and then learned as well.
    """
    chosen = Random(seed)  # noqa: S311 - no secret
    templates = json.loads(TEMPLATES.read_text("utf-8"))
    documents = [sentence for folder in folders for sentence in _sentences_in(folder, chosen)]
    kept, aside = _split(templates, chosen)
    held_out = _made(aside, templates["slots"], chosen)
    rehearsed = _fit(_with(_made(kept, templates["slots"], chosen), documents), chosen)
    everything = _with(_made({**templates, "slots": {}}, templates["slots"], chosen), documents)
    return TrainedOrders(
        model=_fit(everything, chosen),
        sentences=len(everything.labelled),
        orders_found=float(np.mean([score.order >= _LIKELY for score in rehearsed.scores(held_out.orders)])),
        requests_found=float(np.mean([score.request >= _LIKELY for score in rehearsed.scores(held_out.tasks)])),
        plain_taken=float(np.mean([score.order >= _LIKELY for score in rehearsed.scores(held_out.plain)])),
    )


def _split(templates: Templates, chosen: Random) -> tuple[Templates, Templates]:
    kept: dict[str, dict[str, list[str]]] = {}
    aside: dict[str, dict[str, list[str]]] = {}
    for kind in _EXPANSIONS:
        for language, texts in templates[kind].items():
            out = set(chosen.sample(range(len(texts)), round(_HELD_OUT_SHARE * len(texts))))
            kept.setdefault(kind, {})[language] = [text for at, text in enumerate(texts) if at not in out]
            aside.setdefault(kind, {})[language] = [text for at, text in enumerate(texts) if at in out]
    return kept, aside


def _made(templates: Templates, slots: Mapping[str, list[str]], chosen: Random) -> Sentences:
    made = {
        kind: tuple(
            dict.fromkeys(
                _varied(_filled(text, slots, chosen), chosen)
                for texts in templates[kind].values()
                for text in texts
                for _ in range(_EXPANSIONS[kind] if _SLOT.search(text) else _REPEATS)
            )
        )
        for kind in _EXPANSIONS
    }
    return Sentences(orders=made["order"], tasks=made["task"], plain=made["plain"])


def _with(made: Sentences, documents: Sequence[str]) -> Sentences:
    return Sentences(orders=made.orders, tasks=made.tasks, plain=(*made.plain, *documents))


def _filled(text: str, slots: Mapping[str, list[str]], chosen: Random) -> str:
    for _ in range(_DEEPEST):
        text = _SLOT.sub(lambda match: chosen.choice(slots[match[1]]), text)
    return text[:1].upper() + text[1:]


def _varied(text: str, chosen: Random) -> str:
    """Returns the sentence, sometimes in small letters, without its full stop, or with a word before it."""
    if chosen.random() < _SMALL:
        text = text.lower()
    if chosen.random() < _WITHOUT_STOP:
        text = text.rstrip(".。")
    if chosen.random() < _WITH_WORD:
        text = f"{chosen.choice(('Please', 'Now', 'Also', 'Note:', 'Then', '-', '1.'))} {text[:1].lower()}{text[1:]}"
    return text


def _sentences_in(folder: Path, chosen: Random) -> Iterator[str]:
    """Yields the sentences of a folder's texts and dictionaries, each long one also without its end or beginning."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".md", ".txt"}:
            texts = [path.read_text("utf-8")]
        elif path.suffix == ".json":
            held = json.loads(path.read_text("utf-8"))
            texts = [text for text in held.values() if isinstance(text, str)] if isinstance(held, dict) else []
        else:
            continue
        for sentence in dict.fromkeys(text[span.start : span.end] for text in texts for span in split_sentences(text)):
            yield sentence
            words = sentence.split()
            if len(words) >= _LONG_WORDS:
                cut = chosen.randrange(4, len(words) - 3)
                yield " ".join(words[:cut] if chosen.random() < _LIKELY else words[cut:])


def _fit(sentences: Sentences, chosen: Random) -> OrderModel:
    """Returns the logistic model of both labels, by AdaGrad (Duchi et al. 2011); each kind weighs as much as others."""
    labelled = sentences.labelled
    seen = [_features(text) for text, _ in labelled]
    labels = np.array([pair for _, pair in labelled], dtype=np.float32)
    weights = np.zeros((BUCKETS, 2), dtype=np.float32)
    bias = np.zeros(2, dtype=np.float32)
    squares = np.full((BUCKETS, 2), 1e-3, dtype=np.float32)
    balance = _balance(labels)
    order = list(range(len(seen)))
    for _ in range(_EPOCHS):
        chosen.shuffle(order)
        for at in order:
            buckets, values = seen[at]
            raw = values @ weights[buckets] + bias
            error = np.nan_to_num((1 / (1 + np.exp(-raw)) - labels[at]) * balance[:, int(labels[at, 1])])
            slope = np.outer(values, error) + _L2 * weights[buckets]
            squares[buckets] += slope**2
            weights[buckets] -= _RATE * slope / np.sqrt(squares[buckets])
            bias -= 0.01 * error
    return OrderModel(weights=np.ascontiguousarray(weights.T), bias=bias)


def _features(text: str) -> tuple[Indices, FloatArray]:
    """Returns the buckets of a sentence, each once, and their values."""
    total = np.zeros(BUCKETS, dtype=np.float32)
    for group in grams([text]):
        np.add.at(total, group.buckets, 1 / np.sqrt(max(1, len(group.buckets))))
    buckets = np.flatnonzero(total)
    return buckets, total[buckets]


def _balance(labels: FloatArray) -> FloatArray:
    """Returns ``(2, 2)``: for each label the weight of what does not have it, and of what has."""
    counts = np.array([[np.nansum(labels[:, at] == value) for value in (0, 1)] for at in (0, 1)], dtype=np.float32)
    weights: FloatArray = (counts.sum(axis=1, keepdims=True) / (2 * counts)).astype(np.float32)
    return weights
