"""A plain LlamaIndex pipeline as a baseline: its defaults for splitting, storing and searching, our encoder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.node_parser import SentenceSplitter

from evals.datasets.gold import ranked_ids
from evals.datasets.questions import EvalQuestion
from rag.stages import Encoder
from rag.types import Chunk

_TOP = 10


class _OurEncoder(BaseEmbedding):  # type: ignore[misc] # the library has no types that mypy can follow
    """Adapts our encoder to LlamaIndex."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(model_name=encoder.name)
        self._encoder = encoder

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._encoder.encode(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._encoder.encode_questions([query])[0].tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRanking:
    """Ids as given by ``evals.datasets.gold.ranked_ids``, and the time of the search with encoding."""

    ids: tuple[str, ...]
    milliseconds: float


class PlainLlamaIndex:
    """A sentence splitter of 1,024 tokens with 200 overlapping, the in-memory vector store, and dense search alone.

    These are the defaults, except for ten results, for metrics at ten. Texts start with title and headings like ours; a
    node counts as the chunk that it was split from.
    """

    def __init__(self, chunks: Sequence[Chunk], encoder: Encoder) -> None:
        self._chunks = {chunk.chunk_id: chunk for chunk in chunks}
        embedding = _OurEncoder(encoder)
        documents = [Document(text=chunk.indexed_text, id_=chunk.chunk_id) for chunk in chunks]
        index = VectorStoreIndex.from_documents(
            documents, embed_model=embedding, transformations=[SentenceSplitter()], show_progress=False
        )
        self._retriever = index.as_retriever(similarity_top_k=_TOP)

    def rank(self, question: EvalQuestion) -> PlainRanking:
        started = time.perf_counter()
        nodes = self._retriever.retrieve(question.question)
        milliseconds = (time.perf_counter() - started) * 1_000
        chunks = [self._chunks[node.node.ref_doc_id] for node in nodes]
        return PlainRanking(ids=ranked_ids(chunks, question.gold_passages), milliseconds=milliseconds)
