"""Counts text in the tokens of a model that writes: by its tokenizer file, or by an estimate on the safe side."""

from __future__ import annotations

import re
from pathlib import Path

from tokenizers import Tokenizer as LoadedTokenizer

from rag.errors import ModelError

_PIECES = re.compile(r"[A-Za-z]{1,3}|[^ A-Za-z]| (?=\d)")
_LAST_LATIN = "\u02ff"
_BEYOND_LATIN = 1.5


class EstimatedTokens:
    """Counts without a tokenizer, rather too many than too few.

    Three letters are a token, and so is each digit, each space before one, each sign and each line break. A character
    beyond Latin is two and a half, because small vocabularies spell it in bytes.
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
        ModelError: it is missing or damaged.
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
