"""Measures late interaction: MaxSim over token vectors, added to what search finds today or in the reranker's place."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from random import Random

import numpy as np

from evals.datasets.catalogue import SAMPLE_FOLDER
from evals.datasets.retrieval_set import RetrievalSet
from evals.indexed_corpus import SCOPE, indexed
from evals.retrieval_metrics import ndcg_at_k
from evals.token_forms import FORMS, TokenForm, asked, maxsim, principal_axes, stored
from evals.token_shard import KEPT_BITS, rescoring_milliseconds
from rag.answers import Question
from rag.errors import ConfigurationError
from rag.factory import build_encoder, build_search
from rag.observability import Recorder
from rag.retrieval.caching_encoder import CachingEncoder
from rag.retrieval.onnx_encoder import OnnxEncoder
from rag.settings import Settings
from rag.types import Chunk, FloatArray, Hit

WEIGHTS = (0.25, 0.5, 1.0, 2.0)
RESCORED = 50
_LEAST_SPREAD = 0.08
"""The standard deviation of MaxSim over the candidates where the encoder knows the language, by and large."""
_SEED = 1
_CACHED_VECTORS = 50_000
_AT_ONCE = 64
_PASSAGES_IN_ENGINE, _QUESTIONS_TO_ENGINE = 200, 20

Progress = Callable[[str, int, int], None]


class Way(StrEnum):
    """Where MaxSim comes in: without the reranker, or added to its score."""

    INSTEAD = "fused + MaxSim"
    BESIDE = "reranked + MaxSim"


Arm = tuple[TokenForm, Way, float]
"""A form, a way, and the weight of MaxSim beside either half of the search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCost:
    """What a form costs: bytes a passage on average, milliseconds a question for 50 candidates, the medians.

    ``engine_milliseconds`` is None where Qdrant Edge does not keep the form alone.
    """

    size_bytes: float
    numpy_milliseconds: float
    engine_milliseconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRun:
    """One set: nDCG@10 of each question, fused, reranked as set, and with MaxSim; milliseconds of the reranker."""

    dataset: str
    fused: Sequence[float]
    reranked: Sequence[float]
    with_maxsim: Mapping[Arm, Sequence[float]]
    costs: Mapping[TokenForm, FormCost]
    reranker_milliseconds: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    text: str
    gains: Mapping[str, int]
    fused: tuple[Hit, ...]
    reranked: tuple[Hit, ...]
    reranker_milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """By form: MaxSim of each question's first candidates, in fused order; bytes of passages; milliseconds."""

    similarities: Mapping[TokenForm, Sequence[FloatArray]]
    sizes: Mapping[TokenForm, Sequence[float]]
    milliseconds: Mapping[TokenForm, Sequence[float]]


async def run_late_interaction(
    dataset: RetrievalSet, settings: Settings, *, queries: int, on_progress: Progress
) -> SetRun:
    """Asks ``queries`` questions, drawn with a fixed seed, and reads the candidates' token vectors.

    Raises:
        ConfigurationError: the encoder gives no token vectors.
    """
    tokens = build_encoder(settings.encoder, settings.models)
    if not isinstance(tokens, OnnxEncoder):
        raise ConfigurationError("Only the encoder in ONNX Runtime gives token vectors. Unset CITEWELL_ENCODER.")
    encoder = CachingEncoder(tokens, capacity=_CACHED_VECTORS)
    questions = await _ask(dataset, settings, encoder, queries=queries, on_progress=on_progress)
    axes = principal_axes(_sample_tokens(tokens))
    compared = _compare(questions, tokens, axes, on_progress)
    engine = _engine_milliseconds(questions, tokens, encoder, axes)
    return SetRun(
        dataset=dataset.name,
        fused=[_ndcg(question.fused, question.gains) for question in questions],
        reranked=[_ndcg(question.reranked, question.gains) for question in questions],
        with_maxsim={
            (form, way, weight): [
                _ndcg(order(way, question.fused, question.reranked, similarity, weight=weight), question.gains)
                for question, similarity in zip(questions, compared.similarities[form], strict=True)
            ]
            for form, way, weight in product(FORMS, Way, WEIGHTS)
        },
        costs={
            form: FormCost(
                size_bytes=float(np.mean(compared.sizes[form])),
                numpy_milliseconds=float(np.median(compared.milliseconds[form])),
                engine_milliseconds=engine.get(form),
            )
            for form in FORMS
        },
        reranker_milliseconds=[question.reranker_milliseconds for question in questions],
    )


def order(
    way: Way, fused: Sequence[Hit], reranked: Sequence[Hit], similarities: FloatArray, *, weight: float
) -> list[Hit]:
    """Returns the hits, best first, with MaxSim of the first fused ones as a third side of the calibrated sum.

    It counts from the lowest, in standard deviations, of which one is no less than 0.08. Beside the reranker it moves
    only what that has read, as a share of the first fused hit's score, as the reranker takes the sum itself. Ties keep
    the order they came in.
    """
    spread = max(float(similarities.std()), _LEAST_SPREAD)
    shares = weight * (similarities - similarities.min()) / spread
    side = {hit.chunk.chunk_id: float(share) for hit, share in zip(fused, shares, strict=False)}
    if way is Way.INSTEAD:
        first, rest = fused[: len(side)], fused[len(side) :]
        return [*sorted(first, key=lambda hit: -(hit.score + side[hit.chunk.chunk_id])), *rest]
    read = [hit for hit in reranked if hit.rerank_score is not None]
    unread = [hit for hit in reranked if hit.rerank_score is None]
    top = fused[0].score or 1.0
    beside = sorted(read, key=lambda hit: -((hit.rerank_score or 0.0) + side.get(hit.chunk.chunk_id, 0.0) / top))
    return [*beside, *unread]


async def _ask(
    dataset: RetrievalSet, settings: Settings, encoder: CachingEncoder, *, queries: int, on_progress: Progress
) -> list[_Asked]:
    drawn = Random(_SEED).sample(sorted(dataset.queries), min(queries, len(dataset.queries)))  # noqa: S311 - a sample
    questions = []
    async with indexed(dataset.corpus, settings, encoder, on_progress=on_progress) as index:
        search = build_search(settings, encoder=encoder, index=index, visible=lambda _, versions: versions)
        for number, query in enumerate(drawn, start=1):
            text, recorder = dataset.queries[query], Recorder()
            found = await search.find(Question(text=text, scope=SCOPE), text, recorder, limit=RESCORED)
            if found.fused:
                took = next(stage.milliseconds for stage in recorder.stages if stage.stage == "rerank")
                questions.append(
                    _Asked(
                        text=text,
                        gains=dataset.judgements[query],
                        fused=found.fused,
                        reranked=found.reranked,
                        reranker_milliseconds=took,
                    )
                )
            on_progress("asking", number, len(drawn))
    return questions


def _compare(questions: Sequence[_Asked], encoder: OnnxEncoder, axes: FloatArray, on_progress: Progress) -> _Compared:
    """Reads each candidate once and keeps nothing of it: the token vectors of all of them would fill the memory."""
    places: dict[Chunk, list[tuple[int, int]]] = defaultdict(list)
    for number, question in enumerate(questions):
        for place, hit in enumerate(question.fused[:RESCORED]):
            places[hit.chunk].append((number, place))
    read = encoder.token_vectors([question.text for question in questions])
    words = {form: [asked(form, *each, axes) for each in read] for form in FORMS}
    similarities = {form: [np.zeros(len(q.fused[:RESCORED]), np.float32) for q in questions] for form in FORMS}
    milliseconds = {form: [0.0] * len(questions) for form in FORMS}
    sizes: dict[TokenForm, list[float]] = defaultdict(list)
    candidates = list(places)
    for first in range(0, len(candidates), _AT_ONCE):
        chunks = candidates[first : first + _AT_ONCE]
        for chunk, passage in zip(chunks, encoder.token_vectors([c.indexed_text for c in chunks]), strict=True):
            for form in FORMS:
                kept = stored(form, *passage, axes)
                sizes[form].append(form.size_bytes(kept))
                for number, place in places[chunk]:
                    started = time.perf_counter()
                    similarities[form][number][place] = maxsim(words[form][number], kept)
                    milliseconds[form][number] += (time.perf_counter() - started) * 1_000
        on_progress("comparing tokens", first + len(chunks), len(candidates))
    return _Compared(similarities=similarities, sizes=sizes, milliseconds=milliseconds)


def _engine_milliseconds(
    questions: Sequence[_Asked], tokens: OnnxEncoder, encoder: CachingEncoder, axes: FloatArray
) -> dict[TokenForm, float]:
    chunks = list(dict.fromkeys(hit.chunk for question in questions for hit in question.fused))[:_PASSAGES_IN_ENGINE]
    texts = [[chunk.indexed_text for chunk in chunks], [each.text for each in questions[:_QUESTIONS_TO_ENGINE]]]
    (passages, words), (dense, asking) = map(tokens.token_vectors, texts), map(encoder.encode, texts)
    found = {}
    for form in (form for form in FORMS if form.bits in KEPT_BITS):
        kept = [(vector, stored(form, *each, axes)) for vector, each in zip(dense, passages, strict=True)]
        looked_for = [(vector, asked(form, *each, axes).vectors) for vector, each in zip(asking, words, strict=True)]
        found[form] = rescoring_milliseconds(
            [pair for pair in kept if len(pair[1])],
            [pair for pair in looked_for if len(pair[1])],
            bits=form.bits,
            rescored=RESCORED,
        )
    return found


def _sample_tokens(encoder: OnnxEncoder) -> FloatArray:
    """Returns token vectors of the sample documents, which no set holds: the principal axes are theirs."""
    files = sorted(path for folder in ("documents", "sources") for path in (SAMPLE_FOLDER / folder).glob("*.md"))
    paragraphs = [part for path in files for part in path.read_text("utf-8").split("\n\n") if part.strip()]
    return np.concatenate([vectors for _, vectors in encoder.token_vectors(paragraphs)])


def _ndcg(hits: Sequence[Hit], gains: Mapping[str, int]) -> float:
    return ndcg_at_k(list(dict.fromkeys(hit.chunk.document_id for hit in hits)), gains, k=10)
