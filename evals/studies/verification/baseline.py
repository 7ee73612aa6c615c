"""What verification is compared with: numbers must occur, and half cover, half cosine must reach a threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.stages import Encoder
from rag.text.words import content_words, numbers

_THRESHOLD = 0.55
_COSINE_FLOOR = 0.2


def plainly_supported(claim: str, sentences: Sequence[str], encoder: Encoder) -> bool:
    """Whether one of the sentences has the claim's numbers and is enough like it."""
    vectors = encoder.encode([claim, *sentences])
    claimed = frozenset(content_words(claim))
    for sentence, cosine in zip(sentences, vectors[1:] @ vectors[0], strict=True):
        cover = len(claimed & frozenset(content_words(sentence))) / max(1, len(claimed))
        likeness = float(np.clip((cosine - _COSINE_FLOOR) / (1 - _COSINE_FLOOR), 0, 1))
        if numbers(claim) <= numbers(sentence) and (cover + likeness) / 2 >= _THRESHOLD:
            return True
    return False
