"""Asks questions with and without an answer, and collects their features for abstention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from evals.datasets.gold import states_fact
from evals.datasets.indexed_corpus import SCOPE, indexed
from evals.datasets.readers.public_sets import SQUAD2, XQUAD_EN, XQUAD_ZH, public_file
from evals.datasets.readers.squad import SquadDataset, SquadQuestion, read_squad
from evals.studies.abstention.languages import Languages
from rag.answering.abstention import AbstentionGate
from rag.factory import build_encoder, build_reranker
from rag.models.calibrations import AbstentionFeatures, EncoderCalibration, Fusion
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.fusion import fuse
from rag.retrieval.late_chunking import with_sentences
from rag.settings import Settings
from rag.stages import ChunkIndex, Encoder
from rag.types import Candidates, Hit, IndexQuery, ScoredChunk

_DEEP = 400
"""Depth of the search, so that enough is left when an article is removed."""
_CACHED_VECTORS = 100_000
_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """``answerable``: the collection has the answer. ``right``: the passages found have it."""

    signals: AbstentionFeatures
    answerable: bool
    right: bool


def read_questions(data: Path, languages: Languages) -> SquadDataset:
    """Returns SQuAD 2.0, or XQuAD's Chinese passages with its questions in Chinese or English.

    Raises:
        ConfigurationError: a file is missing.
    """
    if languages is Languages.SAME:
        return read_squad(public_file(data, SQUAD2))
    chinese = read_squad(public_file(data, XQUAD_ZH))
    if languages is Languages.CJK:
        return chinese
    english = read_squad(public_file(data, XQUAD_EN)).questions
    asked = (replace(one, text=other.text) for one, other in zip(chinese.questions, english, strict=True))
    return replace(chinese, questions=tuple(asked))


async def ask_questions(
    dataset: SquadDataset,
    chosen: Callable[[str], bool],
    settings: Settings,
    *,
    sample: int,
    on_progress: Callable[[str, int, int], None],
) -> tuple[EncoderCalibration, list[AskedQuestion]]:
    """Asks ``sample`` answerable questions and as many unanswerable ones about the articles that ``chosen`` accepts.

    Up to half of the unanswerable ones are the data set's own, written to seem answerable; the rest are answerable ones
    whose article is removed. All are drawn with a fixed seed. Returns them with what is
    tuned to the encoder that the settings name.
    """
    cases = _draw([question for question in dataset.questions if chosen(question.article)], sample)
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    scorer = EvidenceScorer(encoder)
    reranker = build_reranker(settings, scorer)
    gate = AbstentionGate(scorer=scorer)
    fusion = settings.retrieval.fusion.over(scorer.calibration.fusion)
    asked = []
    async with indexed(dataset.passages(), settings, encoder, on_progress=on_progress) as index:
        for question, without_article in cases:
            candidates = await _search(question, encoder, index, without_article=without_article)
            hits = await with_sentences(index, SCOPE, _fused(candidates, settings, fusion, question.text))
            hits = reranker.rerank(question.text, hits)[: settings.retrieval.limit]
            answerable = bool(question.answers) and not without_article
            asked.append(
                AskedQuestion(
                    signals=gate.features(question.text, hits),
                    answerable=answerable,
                    right=answerable and _answered(hits, question.answers),
                )
            )
            on_progress("asking", len(asked), len(cases))
    return scorer.calibration, asked


def _draw(questions: Sequence[SquadQuestion], sample: int) -> list[tuple[SquadQuestion, bool]]:
    draw = Random(_SEED)  # noqa: S311 - a sample, not a secret
    own = [question for question in questions if not question.answers]
    known = [question for question in questions if question.answers]
    sample = min(sample, len(known) // 2)
    adversarial = draw.sample(own, min(sample // 2, len(own)))
    answerable = draw.sample(known, 2 * sample - len(adversarial))
    return [
        *((question, False) for question in (*answerable[:sample], *adversarial)),
        *((question, True) for question in answerable[sample:]),
    ]


def _answered(hits: Sequence[Hit], answers: Sequence[str]) -> bool:
    return any(states_fact(hit.chunk.text, answer) for hit in hits for answer in answers)


async def _search(question: SquadQuestion, encoder: Encoder, index: ChunkIndex, *, without_article: bool) -> Candidates:
    query = IndexQuery(text=question.text, vector=encoder.encode_questions([question.text])[0], limit=_DEEP)
    found = await index.search(SCOPE, query)

    def allowed(side: tuple[ScoredChunk, ...]) -> tuple[ScoredChunk, ...]:
        return tuple(item for item in side if not (without_article and item.chunk.title == question.article))

    return Candidates(dense=allowed(found.dense), bm25=allowed(found.bm25))


def _fused(found: Candidates, settings: Settings, fusion: Fusion, question: str) -> tuple[Hit, ...]:
    chosen = settings.retrieval
    candidates = Candidates(dense=found.dense[: chosen.candidates], bm25=found.bm25[: chosen.candidates])
    hits = fuse(candidates, fusion, question=question)
    return hits[: settings.reranker.candidates]
