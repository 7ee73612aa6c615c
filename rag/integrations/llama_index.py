"""Citewell inside a LlamaIndex application: a retriever and a query engine over one scope.

Neither uses a model of LlamaIndex. Importing this module takes over a second, because ``llama_index`` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import asdict
from functools import cache
from threading import Thread
from typing import Any, TypeVar

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from rag.answering.pipeline import Pipeline
from rag.answers import Answer, AnswerEvent, Question, Sources, TextDelta
from rag.types import Hit, Passage, Scope, SearchFilter

NO_ANSWER = "Empty Response"
"""The text of a response without an answer, as LlamaIndex's own synthesizers write it."""
_NOT_FOR_MODELS = ["document_id", "version_id", "dense_rank", "bm25_rank"]
_WHOLE_SCOPE = SearchFilter()
_Result = TypeVar("_Result")


class CitewellRetriever(BaseRetriever):  # type: ignore[misc] # the library has no types that mypy can follow
    """Hybrid search over a scope's visible documents.

    Args:
        limit: most nodes to return; None for the pipeline's setting.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        scope: Scope,
        *,
        search_filter: SearchFilter = _WHOLE_SCOPE,
        limit: int | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._pipeline = pipeline
        self._scope = scope
        self._filter = search_filter
        self._limit = limit

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Returns nodes, best first."""
        question = Question(text=query_bundle.query_str, scope=self._scope, filter=self._filter)
        result = await self._pipeline.search(question, limit=self._limit)
        return [node_of(hit) for hit in result.hits]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _wait_for(self._aretrieve(query_bundle))


class CitewellQueryEngine(BaseQueryEngine):  # type: ignore[misc] # the library has no types that mypy can follow
    """Answers from a scope's visible documents, with citations for each sentence.

    A response's ``source_nodes`` are the passages that the answer may cite; their metadata holds the ``number`` that a
    citation names. Its ``metadata`` holds ``sentences``, ``abstention`` (a reason or None) and ``receipt`` as plain
    values. A streaming response has its sources at once, and its metadata after the end of the stream.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        scope: Scope,
        *,
        search_filter: SearchFilter = _WHOLE_SCOPE,
        streaming: bool = False,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._pipeline = pipeline
        self._scope = scope
        self._filter = search_filter
        self._streaming = streaming

    async def _aquery(self, query_bundle: QueryBundle) -> Response | AsyncStreamingResponse:
        stream = await self._open(query_bundle)
        if self._streaming:
            return AsyncStreamingResponse(stream.texts(), source_nodes=stream.nodes, metadata=stream.metadata)
        return await stream.response()

    def _query(self, query_bundle: QueryBundle) -> Response | StreamingResponse:
        stream = _wait_for(self._open(query_bundle))
        if self._streaming:
            return StreamingResponse(_wait_for_each(stream), source_nodes=stream.nodes, metadata=stream.metadata)
        return _wait_for(stream.response())

    async def _open(self, query_bundle: QueryBundle) -> _AnswerStream:
        question = Question(text=query_bundle.query_str, scope=self._scope, filter=self._filter)
        events = self._pipeline.answer(question)
        return _AnswerStream(events, sources=await anext(events))

    def _get_prompt_modules(self) -> dict[str, Any]:
        """Returns nothing: the prompts are the pipeline's, versioned with it."""
        return {}


class _AnswerStream:
    """An answer with known sources, whose text is still to be read from ``events``."""

    def __init__(self, events: AsyncIterator[AnswerEvent], *, sources: AnswerEvent) -> None:
        self._events = events
        self.nodes = [_source_node(passage) for passage in sources.passages] if isinstance(sources, Sources) else []
        self.metadata: dict[str, Any] = {}

    async def texts(self) -> AsyncIterator[str]:
        """Yields pieces of the text; fills the metadata at the end."""
        written = False
        async for event in self._events:
            if isinstance(event, TextDelta):
                written = True
                yield event.text
            elif isinstance(event, Answer):
                self.metadata.update(_metadata(event))
        if not written:
            yield NO_ANSWER

    async def response(self) -> Response:
        """Returns the whole answer."""
        text = "".join([piece async for piece in self.texts()])
        return Response(text, source_nodes=self.nodes, metadata=self.metadata)


def node_of(hit: Hit) -> NodeWithScore:
    """Returns a hit's whole chunk as a node; the rank of a side that did not find it is None."""
    chunk = hit.chunk
    node = TextNode(
        id_=chunk.chunk_id,
        text=chunk.text,
        start_char_idx=chunk.span.start,
        end_char_idx=chunk.span.end,
        metadata={
            "document_id": chunk.document_id,
            "version_id": chunk.version_id,
            "name": chunk.name,
            "title": chunk.title,
            "heading_path": list(chunk.heading_path),
            "page": chunk.page,
            "dense_rank": hit.dense.rank if hit.dense else None,
            "bm25_rank": hit.bm25.rank if hit.bm25 else None,
        },
        excluded_embed_metadata_keys=_NOT_FOR_MODELS,
        excluded_llm_metadata_keys=_NOT_FOR_MODELS,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=chunk.document_id)},
    )
    return NodeWithScore(node=node, score=hit.score if hit.rerank_score is None else hit.rerank_score)


def _source_node(passage: Passage) -> NodeWithScore:
    scored = node_of(passage.hit)
    scored.node.metadata["number"] = passage.number
    return scored


def _metadata(answer: Answer) -> dict[str, Any]:
    return {
        "sentences": [asdict(sentence) for sentence in answer.sentences],
        "abstention": answer.abstention.value if answer.abstention else None,
        "receipt": asdict(answer.receipt),
    }


def _wait_for(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Runs ``work`` for a synchronous caller, whose thread may already run a loop."""
    return asyncio.run_coroutine_threadsafe(work, _loop_for_synchronous_callers()).result()


def _wait_for_each(stream: _AnswerStream) -> Iterator[str]:
    texts = stream.texts()
    while (piece := _wait_for(_next(texts))) is not None:
        yield piece


async def _next(texts: AsyncIterator[str]) -> str | None:
    return await anext(texts, None)


@cache
def _loop_for_synchronous_callers() -> asyncio.AbstractEventLoop:
    # One loop for all calls: connections that clients keep open belong to their loop.
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="citewell-llama-index", daemon=True).start()
    return loop
