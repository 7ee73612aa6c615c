"""Fault 29: no text makes a regular expression of ours slow.

What is measured is processor time of this process, the best of three: neither a busy machine nor a pause can fail it.
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import Any

import pytest

from tests.support.faults.reading import SCALE
from tests.support.patterns import UsedPattern, adversarial_texts, compile_calls, our_patterns

LENGTH = 20_000 if SCALE == 1 else 50_000
LIMIT_SECONDS = 0.1
CLEARLY_SLOW_SECONDS = 0.5
PATTERNS = our_patterns()


def run(pattern: re.Pattern[Any], method: str, text: Any) -> None:
    if method == "sub":
        pattern.sub(text[:0], text)
    elif method == "finditer":
        deque(pattern.finditer(text), maxlen=0)
    else:
        getattr(pattern, method)(text)


def best_seconds(pattern: re.Pattern[Any], method: str, text: Any) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        run(pattern, method, text)
        best = min(best, time.process_time() - start)
        if not LIMIT_SECONDS <= best < CLEARLY_SLOW_SECONDS:
            break
    return best


def first_slow_text(used: UsedPattern, length: int = LENGTH) -> str | None:
    for text in adversarial_texts(used.pattern, length):
        given = text if isinstance(used.pattern.pattern, str) else text.encode("latin-1", "replace")
        for method in used.methods:
            seconds = best_seconds(used.pattern, method, given)
            if seconds >= LIMIT_SECONDS:
                return f"{method} {text[:30]!r}... {seconds * 1_000:.0f} ms"
    return None


@pytest.mark.parametrize("used", PATTERNS, ids=[used.place for used in PATTERNS])
def test_pattern_takes_less_than_100_ms_on_any_text(used: UsedPattern) -> None:
    assert first_slow_text(used) is None


def test_every_pattern_that_is_compiled_is_tried() -> None:
    named = [used for used in PATTERNS if not used.place.rpartition(":")[2].isdigit()]
    assert len(named) == compile_calls()


@pytest.mark.parametrize(("known", "length"), [(r"(a+)+$", 23), (r"\s+$", LENGTH)])
def test_known_slow_pattern_is_caught(known: str, length: int) -> None:
    used = UsedPattern(place="here", pattern=re.compile(known), methods=("search",))
    assert first_slow_text(used, length) is not None
