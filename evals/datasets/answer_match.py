"""Whether a text says what it should. Pure."""

from __future__ import annotations

import re
import unicodedata


def states(answer: str, fact: str) -> bool:
    """Whether the fact stands in the answer, letter case and white space apart, as whole words and whole numbers."""
    wanted = re.escape(folded(fact))
    return re.search(rf"(?<![a-z0-9]){wanted}(?![a-z0-9])(?!\.\d)", folded(answer)) is not None


def folded(text: str) -> str:
    """Returns the text as it is compared: one width, one case, one space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
