"""Reads how busy a vLLM server is from its Prometheus metrics. Pure."""

from __future__ import annotations

import re

_REQUESTS = re.compile(r"^vllm:num_requests_(?:running|waiting)(?:\{[^}\n]*\})?[ \t]+([0-9.eE+]+)", re.MULTILINE)


def requests_in_hand(metrics: str) -> int | None:
    """Returns how many requests run and wait, of all engines; None where the metrics do not tell."""
    counts = [float(value) for value in _REQUESTS.findall(metrics)]
    return round(sum(counts)) if counts else None
