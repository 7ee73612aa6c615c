"""Counts tokens as a WordPiece model does, fast enough to count every sentence of every document."""

from __future__ import annotations

import re
from pathlib import Path

from tokenizers import Tokenizer as LoadedTokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from rag.errors import ModelError

_IDEOGRAPH = re.compile("[\u3400-\u4db5\u4e00-\u9fa5]")
_LONGEST_CACHED_WORD = 32
_CACHED_WORDS = 200_000


class _WordCounts(dict[str, int]):
    """Tokens of words seen before. BERT's pre-tokenizer ends a word at every space, so that counts of words add up."""

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
    """Counts in the tokens of a BERT-like model: an ideograph is one, a word is taken apart only the first time.

    Args:
        path: the model's ``tokenizer.json``.

    Raises:
        ModelError: the file is missing, damaged, or of a tokenizer whose counts of words do not add up.
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
