"""Token counters: for an encoder's WordPiece model, from a generator's tokenizer file, and an estimate."""

from __future__ import annotations

import re
from pathlib import Path

from tokenizers import Tokenizer as LoadedTokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from rag.errors import ModelError

_IDEOGRAPH = re.compile("[\u3400-\u4db5\u4e00-\u9fa5]")
_LONGEST_CACHED_WORD = 32
_CACHED_WORDS = 200_000
_PIECES = re.compile(r"[A-Za-z]{1,3}|[^ A-Za-z]| (?=\d)")
_LAST_LATIN = "\u02ff"
_BEYOND_LATIN = 1.5


class _WordCounts(dict[str, int]):
    """Token counts of words. BERT's pre-tokenizer ends a word at every space, so counts of words add up."""

    def __init__(self, tokenizer: LoadedTokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer

    def __missing__(self, word: str) -> int:
        count = len(self._tokenizer.encode(word, add_special_tokens=False))
        if len(word) <= _LONGEST_CACHED_WORD:
            if len(self) >= _CACHED_WORDS:
                self.clear()
            self[word] = count
        return count


class WordPieceTokenizer:
    """Counts in the tokens of a BERT-like model, with a cache of words, fast enough for every sentence.

    Args:
        path: the model's ``tokenizer.json``.

    Raises:
        ModelError: the file is missing, damaged, or not of a BERT-like WordPiece tokenizer.
    """

    def __init__(self, path: Path) -> None:
        remedy = "Install the model again, or name another one in CITEWELL_ENCODER__MODEL."
        try:
            loaded = LoadedTokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises nothing narrower
            raise ModelError(str(path), str(error), remedy=remedy) from error
        if not isinstance(loaded.pre_tokenizer, BertPreTokenizer):
            raise ModelError(str(path), "it is not a WordPiece tokenizer of the BERT kind", remedy=remedy)
        loaded.no_truncation()
        loaded.no_padding()
        self._counts = _WordCounts(loaded)

    def count(self, text: str) -> int:
        """Returns the number of tokens, special tokens not counted. Nothing is truncated."""
        words, ideographs = (text, 0) if text.isascii() else _IDEOGRAPH.subn(" ", text)
        spaced = words.replace("\n", " ").replace("\t", " ").replace("\r", " ")
        return ideographs + sum(map(self._counts.__getitem__, spaced.split(" ")))


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
