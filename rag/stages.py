"""The stages of Citewell, one Protocol each. The factories name the implementations."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from rag.answers import Condensed, GenerationEvent, GenerationRequest, Question
from rag.types import (
    Candidates,
    Context,
    EncodedChunk,
    ExtractedText,
    FloatArray,
    Hit,
    IndexQuery,
    Scope,
)

PageCounter = Callable[[int, int], None]
"""Told (pages read, pages in all) while a document is parsed, where its format has pages."""


def uncounted(_done: int, _total: int) -> None:
    """A ``PageCounter`` for those who do not want to know."""


class Parser(Protocol):
    """Turns a file into text and structure. Runs in the sandbox, never in the service's own process."""

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = uncounted) -> ExtractedText:
        """Reads the file at ``path``; ``name`` is what the user called it.

        Raises:
            DocumentError: the file is empty, encrypted, corrupt or not what it says.
        """
        ...


class Tokenizer(Protocol):
    """Counts in the tokens of the model that will read the text."""

    def count(self, text: str) -> int:
        """Returns the number of tokens, special tokens not counted."""
        ...


class Encoder(Protocol):
    """Bi-encoder: text to one dense vector. Safe to call from several threads.

    Some models put other words in front of a question than in front of a passage; to others they are the same.
    """

    @property
    def name(self) -> str:
        """Model and form, as the receipt shows it; an index belongs to one name."""
        ...

    @property
    def tokenizer_file(self) -> Path:
        """A ``tokenizer.json`` that counts as the model does, for whoever sizes texts for it."""
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

        A text longer than ``max_tokens`` is encoded in windows whose mean is taken: nothing is cut off.
        """
        ...


class ChunkIndex(Protocol):
    """Dense vectors and BM25 over the same chunks. Every call is confined to a scope."""

    @property
    def name(self) -> str:
        """Backend, as the receipt shows it."""
        ...

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        """Stores chunks; one that is there already (same ``chunk_id``) is replaced. Durable on return."""
        ...

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        """Returns up to ``query.limit`` chunks a side, best first, from one round trip."""
        ...

    async def delete_version(self, scope: Scope, version_id: str) -> None:
        """Removes every chunk of a version; one that has none is not an error."""
        ...

    async def count(self, scope: Scope, *, version_id: str | None = None) -> int:
        """Returns how many chunks the scope, or one version in it, holds."""
        ...

    async def versions(self) -> Mapping[Scope, Mapping[str, int]]:
        """Returns what the index holds: of every scope the version ids, each with its number of chunks."""
        ...

    async def save_copy(self, folder: Path) -> None:
        """Writes a consistent copy of an embedded index to ``folder``, which must not exist.

        Raises:
            ConfigurationError: the index is a server's, which has snapshots of its own.
        """
        ...

    async def optimize(self) -> None:
        """Builds what makes searching fast. Searches go on meanwhile."""
        ...

    async def erase_deleted(self) -> bool:
        """Leaves no byte of what was deleted before the call in the index's files. Searches go on meanwhile.

        Returns whether that holds now; a server does it in its own time.
        """
        ...

    async def ping(self) -> None:
        """Raises ``IndexUnavailableError`` when the backend does not answer."""
        ...

    async def close(self) -> None:
        """Releases files and connections. Idempotent."""
        ...


class Reranker(Protocol):
    """Orders fused hits by reading question and passage together."""

    @property
    def name(self) -> str:
        """Model, as the receipt shows it; ``none`` for the fused order."""
        ...

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns the same hits, best first; ties keep the order they came in."""
        ...


class Compressor(Protocol):
    """Chooses what of the hits the generator reads."""

    def compress(self, question: str, hits: Sequence[Hit]) -> Context:
        """Returns passages numbered from 1, best first, within the token budget."""
        ...


class Condenser(Protocol):
    """Makes a follow-up question stand on its own, from the turns before it."""

    async def condense(self, question: Question) -> Condensed:
        """Returns the question to search for; ``question`` has turns before it."""
        ...


class Generator(Protocol):
    """Writes the answer from the passages, and says while writing which passage each sentence rests on."""

    @property
    def name(self) -> str:
        """What would write, as the receipt shows it when nothing was written."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams who writes, then text and marks and, last, usage. To close it is to stop whoever writes.

        Raises:
            GeneratorError: the model cannot be reached, or failed while writing.
        """
        ...
