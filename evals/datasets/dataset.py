"""Datasets: questions with documents (``Dataset``), and queries with judged documents (``RetrievalSet``)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from random import Random

from evals.datasets.questions import EvalQuestion
from rag.types import Chunk, Span

_SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Questions about ``chunks``, about ``files`` that are ingested first, or, with neither, about a collection."""

    name: str
    questions: tuple[EvalQuestion, ...]
    chunks: tuple[Chunk, ...] = ()
    files: tuple[Path, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over questions and documents: only runs with equal digests are comparable."""
        known = sha256()
        for question in self.questions:
            known.update(question.model_dump_json(exclude_defaults=True).encode())
        for chunk in self.chunks:
            known.update(f"{chunk.document_id}\0{chunk.indexed_text}\0".encode("utf-8", "replace"))
        for path in self.files:
            known.update(sha256(path.read_bytes()).digest())
        return known.hexdigest()

    def sample(self, count: int | None) -> Dataset:
        """Returns ``count`` questions, drawn with a fixed seed, in their order; None for all.

        Answerable and unanswerable questions keep their shares.
        """
        if count is None or count >= len(self.questions):
            return self
        draw = Random(_SEED)  # noqa: S311 - a sample, not a secret
        yes = [at for at, question in enumerate(self.questions) if question.answerable]
        no = [at for at, question in enumerate(self.questions) if not question.answerable]
        of_yes = round(count * len(yes) / len(self.questions))
        chosen = sorted([*draw.sample(yes, of_yes), *draw.sample(no, count - of_yes)])
        return replace(self, questions=tuple(self.questions[at] for at in chosen))


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSet:
    """A corpus with queries.

    ``judgements`` hold the relevance of each relevant document by query; any chunk of a document counts as finding it.
    ``answers`` are wordings that a right passage contains, if the set has them.
    """

    name: str
    corpus: tuple[Chunk, ...]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, int]]
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def whole_document(document_id: str, *, title: str, text: str) -> Chunk:
    """Returns a document with one chunk."""
    return Chunk(
        chunk_id=str(uuid.uuid5(uuid.NAMESPACE_OID, document_id)),
        document_id=document_id,
        version_id=document_id,
        ordinal=0,
        name=document_id,
        title=title,
        media_type="text/plain",
        heading_path=(),
        page=None,
        span=Span(start=0, end=len(text)),
        text=text,
    )
