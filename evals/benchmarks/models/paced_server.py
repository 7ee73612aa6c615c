"""A model server with fixed times, for measuring the overhead of its clients.

Run ``python -m evals.benchmarks.models.paced_server --first-ms 50 --token-ms 10 --tokens 100``.

Streams the words of the prompt repeatedly, one per token, at fixed intervals. Writes its URL to stdout when it listens;
``GET /last`` returns the last request's body.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

_TAG = re.compile(r"<[^<>]*>")


class Timing:
    """Seconds to the first token, seconds between tokens, and number of tokens."""

    def __init__(self, *, first_seconds: float, token_seconds: float, tokens: int) -> None:
        self.first_seconds = first_seconds
        self.token_seconds = token_seconds
        self.tokens = tokens


def create_app(timing: Timing) -> FastAPI:
    app = FastAPI()
    last: dict[str, Any] = {}

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": "paced", "object": "model", "created": 0, "owned_by": "citewell"}]}

    @app.get("/last")
    async def last_request() -> dict[str, Any]:
        return last

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> StreamingResponse:
        arrived = asyncio.get_running_loop().time()
        last.clear()
        last.update(await request.json())
        sent = itertools.cycle(_TAG.sub(" ", last["messages"][-1]["content"]).split())
        words = list(itertools.islice(sent, timing.tokens))
        return StreamingResponse(_stream(words, timing, arrived), media_type="text/event-stream")

    return app


async def _stream(words: list[str], timing: Timing, arrived: float) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    for place, word in enumerate(words):
        due = arrived + timing.first_seconds + place * timing.token_seconds
        await asyncio.sleep(max(0.0, due - clock()))
        yield _chunk(choices=[{"index": 0, "delta": {"content": f"{word} "}, "finish_reason": None}])
    yield _chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    yield _chunk(choices=[], usage={"prompt_tokens": 500, "completion_tokens": len(words), "total_tokens": 500})
    yield "data: [DONE]\n\n"


def _chunk(**fields: Any) -> str:  # noqa: ANN401 - JSON
    body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "paced", **fields}
    return f"data: {json.dumps(body)}\n\n"


def main() -> None:
    """Serves on a free port until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first-ms", type=float, required=True)
    parser.add_argument("--token-ms", type=float, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    options = parser.parse_args()
    timing = Timing(
        first_seconds=options.first_ms / 1_000, token_seconds=options.token_ms / 1_000, tokens=options.tokens
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(256)
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(create_app(timing), log_config=None, lifespan="off")).run(sockets=[listener])


if __name__ == "__main__":
    main()
