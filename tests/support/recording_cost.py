"""Measures what the audit trail costs: ``python -m tests.support.recording_cost [ROUNDS]``.

One service answers the same requests with and without recording, in turns, so that both meet the same load.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import httpx
import pytest

from api.middleware import recording
from rag.settings import CacheSettings, GenerationSettings, GeneratorBackend, ServerSettings, Settings, StorageSettings
from tests.support.servers.service import running_client, take_in

_ROUNDS = 200
_WARM_UP = 10
_TEXT = b"# Pumps\n\nThe warranty of the Kestrel pump lasts five years.\n\nThe Heron pump lifts 40 litres a minute.\n"


def measure(client: httpx.Client, rounds: int) -> None:
    """Prints a line for each kind of request."""
    document = take_in(client, "pumps.md", _TEXT)["id"]
    question = {"question": "How long does the warranty of the Kestrel pump last?"}
    kinds: dict[str, Callable[[], httpx.Response]] = {
        "question": lambda: client.post("/v1/ask", json=question),
        "search": lambda: client.post("/v1/search", json={"query": "warranty"}),
        "read": lambda: client.get(f"/v1/documents/{document}/text"),
        "change": lambda: client.patch(f"/v1/documents/{document}", json={"add_tags": ["pump"]}),
    }
    sys.stdout.write("request    without ms    with ms   ratio   p95 without   p95 with\n")
    for kind, send in kinds.items():
        without, with_recording = _timed(send, rounds)
        ratio = median(with_recording) / median(without)
        numbers = f"{median(without):>12.2f}{median(with_recording):>11.2f}{ratio:>8.3f}"
        sys.stdout.write(f"{kind:9}{numbers}{_p95(without):>14.2f}{_p95(with_recording):>11.2f}\n")


def _timed(send: Callable[[], httpx.Response], rounds: int) -> tuple[list[float], list[float]]:
    """Returns the milliseconds without and with recording."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    for number in range(_WARM_UP + 2 * rounds):
        # Pairs in changing order: neither always comes after the other.
        is_recorded = number % 4 in {1, 2}
        with pytest.MonkeyPatch.context() as patched:
            if not is_recorded:
                patched.setattr(recording, "RULES", {})
            started = time.perf_counter()
            send().raise_for_status()
            milliseconds = (time.perf_counter() - started) * 1_000
        if number >= _WARM_UP:
            taken[is_recorded].append(milliseconds)
    return taken[False], taken[True]


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20)[-1]


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            storage=StorageSettings(folder=Path(folder) / "data"),
            server=ServerSettings(allowed_hosts=("localhost",)),
            generation=GenerationSettings(backend=GeneratorBackend.EXTRACTIVE),
            cache=CacheSettings(answers=False),
        )
        with running_client(settings, Path(folder) / "api.sock") as client:
            measure(client, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS)
