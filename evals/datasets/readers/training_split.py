"""Which passages and articles of public sets may be trained on; chosen once, kept in ``training_split.json``."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "training_split.json"
_HASH_LENGTH = 10


def is_test_passage(text: str) -> bool:
    """Returns whether a passage of NQ-oracle belongs to the test part: nothing is trained on it or its questions."""
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH] in test_part()["nq_passages_sha256"]


def is_test_article(title: str) -> bool:
    """Returns whether an article of SQuAD 2.0 belongs to the test part, with its paragraphs and questions."""
    return title in test_part()["squad2_articles"]


@cache
def test_part() -> dict[str, frozenset[str]]:
    """Returns the members of each set's test part."""
    return {part: frozenset(members) for part, members in json.loads(_FILE.read_text("utf-8")).items()}
