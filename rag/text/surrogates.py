"""Makes texts with halves of surrogate pairs fit for UTF-8. Pure."""

from __future__ import annotations


def encodable(text: str) -> str:
    """Returns ``text`` with each half of a surrogate pair, which JSON allows and UTF-8 does not, replaced by ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")
