"""A small OpenAI-compatible server for tests: it streams what its script says, well or badly."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from openai import AsyncOpenAI


@dataclass
class Script:
    """What the server does. ``breaks_off``: the stream ends before it says that it is complete."""

    pieces: list[str] = field(default_factory=list)
    status: int = 200
    breaks_off: bool = False
    finish_reason: str = "stop"
    requests: list[dict[str, Any]] = field(default_factory=list)


def client_for(script: Script) -> AsyncOpenAI:
    transport = httpx2.ASGITransport(create_openai_app(script))
    http = httpx2.AsyncClient(transport=transport, base_url="http://model")
    return AsyncOpenAI(base_url="http://model/v1", api_key="none", http_client=http, max_retries=0)


def create_openai_app(script: Script) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        model = {"id": "tiny-model", "object": "model", "created": 0, "owned_by": "tests"}
        return {"object": "list", "data": [model]}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        script.requests.append(await request.json())
        if script.status != 200:
            return JSONResponse({"error": {"message": "overloaded"}}, status_code=script.status)
        return StreamingResponse(_stream(script), media_type="text/event-stream")

    return app


async def _stream(script: Script) -> AsyncIterator[str]:
    for piece in script.pieces:
        yield _chunk(choices=[{"index": 0, "delta": {"content": piece}, "finish_reason": None}])
    if script.breaks_off:
        return
    yield _chunk(choices=[{"index": 0, "delta": {}, "finish_reason": script.finish_reason}])
    usage = {"prompt_tokens": 50, "completion_tokens": len(script.pieces), "total_tokens": 50 + len(script.pieces)}
    yield _chunk(choices=[], usage=usage)
    yield "data: [DONE]\n\n"


def _chunk(**fields: Any) -> str:
    body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny-model", **fields}
    return f"data: {json.dumps(body)}\n\n"
