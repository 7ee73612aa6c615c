"""The tokenizers of prepared models: WordPiece as BERT has it, or SentencePiece as XLM-R has it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer

from rag.models.sentencepiece_file import BEGIN, END, SENTENCEPIECE_FILE
from rag.text.folding import encodable

_CLS, _SEP = 101, 102
WORDPIECE_FILE = "tokenizer.json"


class Subwords(Protocol):
    """Splits texts into a model's tokens; ``first`` and ``last`` are the ids that enclose a text."""

    first: int
    last: int

    def ids(self, text: str) -> list[int]:
        """Returns the ids of a text, without those that enclose it."""
        ...

    def ids_and_places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Returns the ids as ``ids`` does, and for each the first character that it stands for and the one behind."""
        ...


class WordPiece:
    """BERT's tokenizer, from a ``tokenizer.json``."""

    first, last = _CLS, _SEP

    def __init__(self, path: Path) -> None:
        self._tokenizer = Tokenizer.from_buffer(path.read_bytes())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def ids(self, text: str) -> list[int]:
        return self.ids_and_places(text)[0]

    def ids_and_places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = self._tokenizer.encode(encodable(text), add_special_tokens=False)
        return found.ids, found.offsets


class SentencePiece:
    """XLM-R's tokenizer, from a ``sentencepiece.model``: a fifth of the memory that ``tokenizers`` takes for it."""

    first, last = BEGIN, END

    def __init__(self, path: Path) -> None:
        self._processor = SentencePieceProcessor(model_file=str(path))

    def ids(self, text: str) -> list[int]:
        found: list[int] = self._processor.encode(encodable(text))
        return found

    def ids_and_places(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = self._processor.encode(encodable(text), return_type="offset_mapping")
        return found["ids"], found["offsets"]


def load_subwords(folder: Path) -> Subwords:
    """Returns the tokenizer of a prepared model."""
    path = subwords_file(folder)
    return SentencePiece(path) if path.name == SENTENCEPIECE_FILE else WordPiece(path)


def subwords_file(folder: Path) -> Path:
    """Returns the path of a prepared model's tokenizer."""
    pieces = folder / SENTENCEPIECE_FILE
    return pieces if pieces.is_file() else folder / WORDPIECE_FILE
