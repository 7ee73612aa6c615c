"""The stages of Citewell, one Protocol each. The factories choose the implementations."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from rag.answers import Condensed, GenerationEvent, GenerationRequest, Question
from rag.types import (
    Candidates,
    Context,
    DocumentText,
    EncodedChunk,
    ExtractedText,
    FloatArray,
    Hit,
    IndexQuery,
    Scope,
    SentenceVectors,
    Span,
)

PageCounter = Callable[[int, int], None]
"""Called with (pages read, pages in total) during parsing, for formats with pages."""


def ignore_progress(_done: int, _total: int) -> None:
    """Discards parsing progress."""


class Parser(Protocol):
    """Turns a file into text and structure. Runs in the sandbox, never in the service's own process."""

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = ignore_progress) -> ExtractedText:
        """Reads the file at ``path``; ``name`` is its name in the upload.

        Raises:
            DocumentError: the file is empty, encrypted, corrupt or of another type.
        """
        ...


class Tokenizer(Protocol):
    """Counts text in the tokens of a model."""

    def count(self, text: str) -> int:
        """Returns the number of tokens, special tokens not counted."""
        ...


class Encoder(Protocol):
    """Bi-encoder: maps a text to a dense vector. Safe to call from several threads.

    Some models prefix questions and passages with different words.
    """

    @property
    def name(self) -> str:
        """Model and form, as shown in receipts; an index belongs to one name."""
        ...

    @property
    def tokenizer_file(self) -> Path:
        """A ``tokenizer.json`` with the model's token counts."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Longest text read in one pass, special tokens not counted."""
        ...

    def encode_questions(self, texts: Sequence[str]) -> FloatArray:
        """Returns the vectors of questions; otherwise as ``encode``."""
        ...

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Returns the vectors of passages: ``(n, d) float32``, rows L2-normalised; ``(0, d)`` for no texts.

        A text longer than ``max_tokens`` is encoded as the mean of windows: nothing is cut off.
        """
        ...

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[FloatArray, tuple[FloatArray, ...]]:
        """Returns the vectors of passages as ``encode`` does, and those of each passage's sentences from the same pass.

        ``sentences`` are spans of each text; theirs are ``(sentences, d) float32``, rows L2-normalised, or zero where a
        span holds no token. An encoder that cannot do that returns an empty second tuple.
        """
        ...


class ChunkIndex(Protocol):
    """Dense vectors and BM25 over the same chunks. Every call is confined to a scope."""

    @property
    def name(self) -> str:
        """Backend, as shown in receipts."""
        ...

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        """Stores chunks, replacing those with the same ``chunk_id``. Durable on return."""
        ...

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        """Returns up to ``query.limit`` chunks per side, best first, from one round trip."""
        ...

    async def sentences(self, scope: Scope, chunk_ids: Sequence[str]) -> Mapping[str, SentenceVectors]:
        """Returns the vectors of the chunks' sentences by chunk id, without chunks that were stored without."""
        ...

    async def copy_versions(self, scope: Scope, version_ids: Sequence[str], target: Scope) -> None:
        """Copies the chunks of versions, with their vectors, into another scope. Durable on return.

        A version that was copied before is copied again, in place of what is there.
        """
        ...

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        """Removes all chunks of a version, if any."""
        ...

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        """Returns the number of chunks in the scope, or in one version of it."""
        ...

    async def versions(self) -> Mapping[Scope, Mapping[str, int]]:
        """Returns the number of chunks by version id, by scope."""
        ...

    async def save_copy(self, folder: Path) -> None:
        """Writes a consistent copy of an embedded index to ``folder``, which must not exist.

        Raises:
            ConfigurationError: the index is on a server, which has its own snapshots.
        """
        ...

    async def optimize(self) -> None:
        """Builds the structures that make searches fast. Searches continue during the call."""
        ...

    async def erase_deleted(self) -> bool:
        """Removes all bytes of deleted points from the index's files. Searches continue during the call.

        Returns False if that happens later, as on a server.
        """
        ...

    async def ping(self) -> None:
        """Raises ``IndexUnavailableError`` if the backend does not answer."""
        ...

    async def close(self) -> None:
        """Releases files and connections. Idempotent."""
        ...


class DocumentTexts(Protocol):
    """What was read of each version. Safe to call from several threads."""

    def read(self, version_id: str) -> DocumentText | None:
        """Returns a version's text; None where it cannot be read."""
        ...

    def clear(self) -> None:
        """Forgets texts that it holds in memory, because some belong to deleted documents."""
        ...


class LibraryDocument(Protocol):
    """What is known of a document; ``active_version_id`` is None while nothing of it can be found."""

    @property
    def document_id(self) -> str:
        """Its id."""
        ...

    @property
    def name(self) -> str:
        """The name of its file."""
        ...

    @property
    def title(self) -> str:
        """Its title; empty where none was found."""
        ...

    @property
    def media_type(self) -> str:
        """The type of its file."""
        ...

    @property
    def version_id(self) -> str:
        """The version that stands for it."""
        ...

    @property
    def active_version_id(self) -> str | None:
        """The version that is found."""
        ...

    @property
    def page_count(self) -> int | None:
        """The number of its pages; None for formats without pages."""
        ...

    @property
    def updated_at(self) -> datetime:
        """The time at which its last version was stored."""
        ...


class Library(Protocol):
    """Knows which documents there are."""

    def documents(self, tenant: str, *, collection: str | None = None) -> Sequence[LibraryDocument]:
        """Returns a tenant's documents by collection and name."""
        ...


class Reranker(Protocol):
    """Orders fused hits by relevance to the question."""

    @property
    def name(self) -> str:
        """Model, as shown in receipts; ``none`` for the fused order."""
        ...

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns the same hits, best first; ties keep their order."""
        ...


class Compressor(Protocol):
    """Chooses the sentences of the hits that the generator reads."""

    def compress(self, question: str, hits: Sequence[Hit]) -> Context:
        """Returns passages numbered from 1, best first, within the token budget."""
        ...


class Condenser(Protocol):
    """Rewrites a follow-up question as a standalone one, from the turns before it."""

    async def condense(self, question: Question) -> Condensed:
        """Returns the standalone question; ``question`` has a history."""
        ...


class Generator(Protocol):
    """Writes the answer from the passages, with marks that cite a passage for each sentence."""

    @property
    def name(self) -> str:
        """Model, as shown in the receipt of an answer without text."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams ``WrittenBy``, then text and marks, then usage. Closing the stream stops the writing.

        Raises:
            GeneratorError: the model cannot be reached, or failed while writing.
        """
        ...
