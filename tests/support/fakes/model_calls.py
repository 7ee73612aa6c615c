"""A scripted model server that tokenizes by words, reports its window, and gives complete replies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from openai import AsyncOpenAI
from starlette.middleware.base import RequestResponseEndpoint

from rag.generation.model_servers.calls import ModelCalls


@dataclass
class ServerScript:
    """The server's behaviour. ``window`` or ``tokens_per_word`` of None: unknown. ``hangs``: it never replies."""

    reply: str = "YES"
    finish_reason: str = "stop"
    window: int | None = None
    tokens_per_word: float | None = None
    status: int = 200
    count_status: int = 404
    hangs: bool = False
    garbage: str | None = None
    counted: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    listed: int = 0


def calls_to(script: ServerScript, *, model: str = "") -> ModelCalls:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(_app(script)), base_url="http://model")
    client = AsyncOpenAI(base_url="http://model/v1", api_key="none", http_client=http, max_retries=0)
    return ModelCalls(client=client, model=model)


def _app(script: ServerScript) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def garble(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if script.garbage is not None:
            return Response(script.garbage, media_type="application/json")
        return await call_next(request)

    @app.get("/v1/models")
    async def models() -> Response:
        script.listed += 1
        card = {
            "id": "tiny-model",
            "object": "model",
            "created": 0,
            "owned_by": "tests",
            "max_model_len": script.window,
        }
        return JSONResponse({"object": "list", "data": [card]}, status_code=script.status)

    @app.post("/tokenize")
    async def tokenize(request: Request) -> Response:
        body = await request.json()
        script.counted.append(body)
        if script.tokens_per_word is None:
            return JSONResponse({"error": {"message": "no"}}, status_code=script.count_status)
        words = sum(len(message["content"].split()) for message in body["messages"])
        return JSONResponse({"count": round(words * script.tokens_per_word), "max_model_len": script.window})

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        script.asked.append(await request.json())
        if script.hangs:
            await asyncio.Event().wait()
        message = {"role": "assistant", "content": script.reply}
        choice = {"index": 0, "message": message, "finish_reason": script.finish_reason}
        body = {"id": "1", "object": "chat.completion", "created": 0, "model": "tiny-model", "choices": [choice]}
        return JSONResponse(body, status_code=script.status)

    return app
