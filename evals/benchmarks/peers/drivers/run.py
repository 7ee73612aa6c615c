"""Runs a library in its own Python: ``python -m evals.benchmarks.peers.drivers.run DRIVER ENCODER THREADS FOLDER``.

Each line of stdin is a request as a JSON object, each line of stdout its reply; the first one says that the store is
open. Whatever a library raises ends the process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO, cast

from evals.benchmarks.peers.drivers.library import Document, Driver, Library
from rag.retrieval.encoders.onnx import OnnxEncoder


def main(driver: str, encoder: str, threads: str, folder: str) -> None:
    """Answers until stdin ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), 1)  # a library that prints must not get into the replies
    module = cast("Driver", import_module(f"evals.benchmarks.peers.drivers.{driver}"))
    library = module.open_library(Path(folder), OnnxEncoder(Path(encoder), threads=int(threads)))
    serve(library, sys.stdin, replies)
    library.close()


def serve(library: Library, requests: TextIO, replies: TextIO) -> None:
    """Says that the library is open, then answers one line with another."""
    reply: dict[str, Any] = {"open": True}
    while True:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
        line = requests.readline()
        if not line:
            return
        reply = _answer(library, json.loads(line))


def _answer(library: Library, request: dict[str, Any]) -> dict[str, Any]:
    if "add" in request:
        library.add([Document(**document) for document in request["add"]])
    if request.get("save"):
        library.save()
    if "search" in request:
        return _search(library, request["search"], request["clients"])
    if "ids" in request:
        return {"ids": library.ids()}
    return {}


def _search(library: Library, questions: Sequence[str], clients: int) -> dict[str, Any]:
    def timed(question: str) -> tuple[list[str], float]:
        start = time.perf_counter()
        found = library.search(question)
        return found, (time.perf_counter() - start) * 1_000

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        found = list(threads.map(timed, questions))
    seconds = time.perf_counter() - start
    return {"ranked": [ids for ids, _ in found], "milliseconds": [taken for _, taken in found], "seconds": seconds}


if __name__ == "__main__":
    main(*sys.argv[1:])
