"""Training groups for a reranker: a question with the right passage among the likeliest wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals.datasets.indexed_corpus import SCOPE, indexed
from evals.training.questions import Part, TrainingQuestion
from rag.answers import Question
from rag.factory import build_encoder, build_search
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.rerankers.cross_encoder import reading_window
from rag.settings import RerankerBackend, Settings
from rag.telemetry.recorder import Recorder
from rag.types import Chunk, Hit

_CACHED_VECTORS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingGroup:
    """A question with passages for a cross-encoder to order.

    ``texts`` are in the form that the reranker reads, ``scores`` those of the first reranker. ``right`` is the index of
    the passage that answers, or None; ``document`` is its document.
    """

    question: str
    document: str
    texts: tuple[str, ...]
    scores: tuple[float, ...]
    right: int | None


async def reading_groups(
    part: Part,
    settings: Settings,
    *,
    on_progress: Callable[[str, int, int], None],
) -> list[ReadingGroup]:
    """Searches for every question like the service, without a cross-encoder.

    Leaves out questions whose passage is not among the candidates.
    """
    plain = settings.model_copy(
        update={
            "retrieval": settings.retrieval.model_copy(update={"second_round": False}),
            "reranker": settings.reranker.model_copy(update={"backend": RerankerBackend.BEST_SENTENCE}),
        }
    )
    encoder = CachingEncoder(build_encoder(plain.encoder, plain.models), capacity=_CACHED_VECTORS)
    groups: list[ReadingGroup] = []
    async with indexed(part.corpus, plain, encoder, on_progress=on_progress) as index:
        search = build_search(plain, encoder=encoder, index=index, visible=lambda _, versions: versions)
        depth = plain.reranker.candidates
        for number, question in enumerate(part.questions, start=1):
            asked = Question(text=question.text, scope=SCOPE)
            found = await search.find(asked, question.text, Recorder(), limit=plain.retrieval.candidates)
            group = _group(question, found.reranked[:depth])
            if group is not None:
                groups.append(group)
            on_progress("finding wrong passages", number, len(part.questions))
    return groups


def _group(question: TrainingQuestion, hits: Sequence[Hit]) -> ReadingGroup | None:
    right = [hit for hit in hits if hit.chunk.chunk_id == question.chunk_id]
    if not hits or (question.chunk_id is not None and not right):
        return None
    wrong = [hit for hit in hits if hit not in right and not _says(hit.chunk, question.answers)]
    chosen = [*right, *wrong]
    return ReadingGroup(
        question=question.text,
        document=right[0].chunk.document_id if right else "",
        texts=tuple(_text(hit) for hit in chosen),
        scores=tuple(hit.rerank_score or 0.0 for hit in chosen),
        right=0 if right else None,
    )


def _says(chunk: Chunk, answers: Sequence[str]) -> bool:
    text = chunk.text.casefold()
    return any(answer.casefold() in text for answer in answers)


def _text(hit: Hit) -> str:
    return reading_window(hit.chunk, hit.best_sentence) if hit.best_sentence else hit.chunk.indexed_text
