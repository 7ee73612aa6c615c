"""Token counters: for an encoder's tokenizer, from a generator's tokenizer file, and an estimate."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer as LoadedTokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from rag.errors import ModelError
from rag.text.folding import encodable

_IDEOGRAPH = re.compile("[\u3400-\u4db5\u4e00-\u9fa5]")
_LONGEST_CACHED_WORD = 32
_CACHED_WORDS = 200_000
_PIECES = re.compile(r"[A-Za-z]{1,3}|[^ A-Za-z]| (?=\d)")
_LAST_LATIN = "\u02ff"
_BEYOND_LATIN = 1.5
_REMEDY = "Install the model again, or name another one in CITEWELL_ENCODER__MODEL."


class _WordCounts(dict[str, int]):
    """Token counts of words, remembered. No token crosses a space, so counts of words add up."""

    def __init__(self, count: Callable[[str], int]) -> None:
        super().__init__()
        self._count = count

    def __missing__(self, word: str) -> int:
        count = self._count(word)
        if len(word) <= _LONGEST_CACHED_WORD:
            if len(self) >= _CACHED_WORDS:
                self.clear()
            self[word] = count
        return count


class EncoderTokens:
    """Counts in the tokens of an encoder, with a cache of words, fast enough for every sentence.

    Args:
        path: a ``tokenizer.json`` of BERT's kind, or a ``sentencepiece.model``.

    Raises:
        ModelError: the file is missing, damaged, or of another kind.
    """

    def __init__(self, path: Path) -> None:
        self._is_wordpiece = path.suffix == ".json"
        self._counts = _WordCounts(_wordpiece(path) if self._is_wordpiece else _sentencepiece(path))

    def count(self, text: str) -> int:
        """Returns the number of tokens, special tokens not counted. Nothing is truncated."""
        if not self._is_wordpiece:
            return sum(map(self._counts.__getitem__, text.split()))
        words, ideographs = (text, 0) if text.isascii() else _IDEOGRAPH.subn(" ", text)
        spaced = words.replace("\n", " ").replace("\t", " ").replace("\r", " ")
        return ideographs + sum(map(self._counts.__getitem__, spaced.split(" ")))


def _wordpiece(path: Path) -> Callable[[str], int]:
    try:
        loaded = LoadedTokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(str(path), str(error), remedy=_REMEDY) from error
    if not isinstance(loaded.pre_tokenizer, BertPreTokenizer):
        raise ModelError(str(path), "it is not a WordPiece tokenizer of the BERT kind", remedy=_REMEDY)
    loaded.no_truncation()
    loaded.no_padding()
    return lambda word: len(loaded.encode(word, add_special_tokens=False))


def _sentencepiece(path: Path) -> Callable[[str], int]:
    try:
        loaded = SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise ModelError(str(path), str(error), remedy=_REMEDY) from error
    return lambda word: len(loaded.encode(encodable(word)))


class EstimatedTokens:
    """Estimates without a tokenizer, rather too many tokens than too few.

    A token is three letters, a digit, a space before a digit, a sign or a line break. A character beyond Latin is two
    and a half tokens, because small vocabularies spell it in bytes.
    """

    def count(self, text: str) -> int:
        """Returns the estimated number of tokens."""
        pieces = len(_PIECES.findall(text))
        if text.isascii():
            return pieces
        return pieces + round(_BEYOND_LATIN * sum(character > _LAST_LATIN for character in text))


class TokenizerFile:
    """Counts with the model's ``tokenizer.json``.

    Args:
        path: the file, or the model's folder.

    Raises:
        ModelError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            self._tokenizer = LoadedTokenizer.from_str(file.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises nothing narrower
            remedy = "Name the model's tokenizer.json, or its folder, in CITEWELL_GENERATION__TOKENIZER."
            raise ModelError(str(file), str(error), remedy=remedy) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, text: str) -> int:
        """Returns the number of tokens, special tokens not counted."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))
