"""Settings of older versions whose values are fixed now: still read, never used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIXED = {
    "cache.answer_age_seconds": "3,600 seconds",
    "experiment.shadow_concurrency": "1",
    "generation.breaker_failures": "3",
    "generation.breaker_seconds": "10 seconds",
    "generation.hard_characters": "400 characters",
    "generation.hard_confidence": "0",
    "generation.health_seconds": "5 seconds",
    "ingestion.lease_seconds": "30 seconds",
    "ingestion.max_attempts": "3",
    "retrieval.fusion.rrf_k": "10",
}
"""The value that each has, with its unit."""
_COLLECTIONS = "retrieval.collections."


def split_removed(values: Mapping[str, Any], path: str = "") -> tuple[dict[str, Any], list[str]]:
    """Returns the values without those that are fixed now, and the paths of these."""
    kept: dict[str, Any] = {}
    removed: list[str] = []
    for name, value in values.items():
        here = f"{path}{name}"
        if fixed_value(here) is not None:
            removed.append(here)
        elif isinstance(value, Mapping):
            kept[name], deeper = split_removed(value, f"{here}.")
            removed += deeper
        else:
            kept[name] = value
    return kept, removed


def fixed_value(path: str) -> str | None:
    """Returns the value that a former setting is fixed at, or None where the path names none."""
    if path.startswith(_COLLECTIONS):
        path = f"retrieval.fusion.{path.rpartition('.')[2]}"
    return FIXED.get(path)
