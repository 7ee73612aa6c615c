"""The words of a report in one language, and how that language writes numbers.

A dictionary is a file, ``evals/reports/words/{language}.json``. Words that depend on a number have their plural
categories (CLDR). The page's own words are another dictionary, because a report is also a file without the service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TypeAlias

from markupsafe import Markup, escape

WORDS_FOLDER = Path(__file__).parent / "words"
_PLACE = re.compile(r"\{(\w+)\}")
_SEPARATORS = {"de": (".", ","), "es": (".", ","), "fr": ("\u202f", ",")}

Dictionary: TypeAlias = Mapping[str, str | Mapping[str, str]]


@cache
def dictionary(language: str) -> Dictionary:
    """Returns the words of a language by key."""
    found: Dictionary = json.loads((WORDS_FOLDER / f"{language}.json").read_text("utf-8"))
    return found


class ReportWords:
    """The words of one language; English where there is no dictionary for it."""

    def __init__(self, language: str = "en") -> None:
        self.language = language if (WORDS_FOLDER / f"{language}.json").exists() else "en"
        self._thousands, self._point = _SEPARATORS.get(self.language, (",", "."))

    def __call__(self, key: str, **values: object) -> str:
        """Returns the words under a key with the values in their places; ``count`` chooses among plurals."""
        return _PLACE.sub(lambda place: self._written(values[place[1]]), self._form(key, values.get("count")))

    def markup(self, key: str, **values: object) -> Markup:
        """Returns the same for values that may be markup; the others are escaped."""
        return Markup(escape(self._form(key, values.get("count")))).format(**values)  # noqa: S704 - it is escaped

    def has(self, key: str) -> bool:
        """Returns whether there are words under a key."""
        return key in dictionary(self.language)

    def number(self, value: float, digits: int = 0, *, signed: bool = False) -> str:
        """Returns a number with its thousands apart."""
        written = f"{value:{'+' if signed else ''},.{digits}f}"
        return written.translate({ord(","): self._thousands, ord("."): self._point})

    def percent(self, share: float) -> str:
        """Returns a share, 0 to 1, as a percentage; only nought and all have no digit behind the point."""
        gap = "" if self.language == "zh" else " "
        return f"{self.number(100 * share, 0 if share in (0.0, 1.0) else 1)}{gap}%"

    def _form(self, key: str, count: object) -> str:
        words = dictionary(self.language)[key]
        if isinstance(words, str):
            return words
        return words[self._plural(count)]

    def _plural(self, count: object) -> str:
        if self.language == "zh" or not isinstance(count, int):
            return "other"
        return "one" if count == 1 or (self.language == "fr" and count == 0) else "other"

    def _written(self, value: object) -> str:
        return self.number(value) if isinstance(value, int) else str(value)
