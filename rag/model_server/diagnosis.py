"""Why a model server did not start, read from its log. Pure."""

from __future__ import annotations

import re

# vLLM's own words, most telling first, with what to do about it.
_KNOWN = (
    (
        r"Free memory on device.*",
        "End what else uses the GPU, or lower memory_share in a profile of your own (--profiles).",
    ),
    (
        r"No available memory for the cache blocks.*|.*larger than the available KV cache memory.*",
        "Raise memory_share or lower context_tokens in a profile of your own (--profiles).",
    ),
    (
        r"Available memory on node.*",
        "Free some memory, or lower kv_cache_gib in a profile of your own (--profiles).",
    ),
    (
        r"CUDA out of memory.*|torch\.OutOfMemoryError.*",
        "The model does not fit the GPU: choose a smaller or a quantized one (rag/model_server/profiles.toml).",
    ),
    (
        r".*address already in use.*",
        "Stop the program that listens there, or choose another port with --port.",
    ),
    (
        r".*(?:LocalEntryNotFoundError|OfflineModeIsEnabled|couldn't connect to|Cannot find any model weights).*",
        "The model is not here: check HF_HUB_OFFLINE and the network, or name its folder in a profile (--profiles).",
    ),
    (
        r".*(?:ModuleNotFoundError|ImportError): .*",
        "Delete the server's environment in the cache folder.",
    ),
)


def explain(log: str) -> tuple[str, str]:
    """Returns the reason and a remedy; the last error of a log that says nothing we know."""
    for pattern, remedy in _KNOWN:
        if found := re.search(pattern, log, re.IGNORECASE):
            return found[0].strip(), remedy
    errors = [line for line in log.splitlines() if "Error: " in line]
    return (errors[-1].strip() if errors else "it did not say why"), "Read its log."
