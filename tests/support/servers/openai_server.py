"""A scripted OpenAI-compatible server that streams correctly or with one of many faults."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from openai import AsyncOpenAI

ALLOWED_FIELDS = frozenset({"model", "messages", "max_tokens", "temperature", "stream", "stream_options", "cache_salt"})
COUNTED: dict[str, Any] = {"prompt_tokens": 50}


class Fault(Enum):
    """A fault. ``AMID``: after the script's pieces, otherwise before them."""

    NONE = "none"
    HANGS = "hangs"
    HANGS_AMID = "hangs amid"
    DIES_AMID = "dies amid"  # the stream ends without its final event
    BREAKS_AMID = "breaks amid"  # the connection breaks
    GARBAGE = "garbage"
    GARBAGE_AMID = "garbage amid"
    NOT_JSON_AMID = "not JSON amid"
    OTHER_JSON_AMID = "other JSON amid"
    ERROR_AMID = "error amid"
    ENDLESS = "endless"


@dataclass
class Script:
    """The server's behaviour, and its observations: ``requests``, ``headers``, and ``left`` if a client left early.

    ``usage`` is the reported usage, or None; ``go_on`` ends hanging.
    """

    pieces: list[str] = field(default_factory=list)
    status: int = 200
    fault: Fault = Fault.NONE
    finish_reason: str = "stop"
    usage: dict[str, Any] | None = field(default_factory=lambda: dict(COUNTED))
    owned_by: str = "tests"
    metrics: str = ""
    token_seconds: float = 0.0
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def become(self, other: "Script") -> None:
        """Switches to another script and clears all observations."""
        vars(self).update(vars(other))


def client_for(script: Script) -> AsyncOpenAI:
    """Returns a client inside the process; the whole body arrives at once."""
    transport = httpx.ASGITransport(create_openai_app(script), raise_app_exceptions=False)
    return _client(transport)


def client_over(socket_path: Path) -> AsyncOpenAI:
    """Returns a client over the Unix socket of ``openai_server``; streams arrive in pieces."""
    return _client(httpx.AsyncHTTPTransport(uds=str(socket_path)))


def _client(transport: httpx.AsyncBaseTransport) -> AsyncOpenAI:
    http = httpx.AsyncClient(transport=transport, base_url="http://model")
    return AsyncOpenAI(base_url="http://model/v1", api_key="none", http_client=http, max_retries=0)


@contextmanager
def openai_server(script: Script, listener: socket.socket) -> Iterator[None]:
    """Serves the script on a bound socket in its own thread."""
    config = uvicorn.Config(create_openai_app(script), log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    listener.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="model server")
    thread.start()
    try:
        yield
    finally:
        script.go_on.set()
        server.should_exit = True
        thread.join()


@contextmanager
def unix_openai_server(script: Script, path: Path) -> Iterator[None]:
    """Serves the script on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with openai_server(script, listener):
            yield


@contextmanager
def loopback_openai_server(script: Script) -> Iterator[str]:
    """Serves the script on a free port of this machine; yields the URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        with openai_server(script, listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def create_openai_app(script: Script) -> FastAPI:
    app = FastAPI()

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        model = {"id": "tiny-model", "object": "model", "created": 0, "owned_by": script.owned_by}
        return {"object": "list", "data": [model]}

    @app.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(script.metrics)

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        script.requests.append(await request.json())
        script.headers.append(dict(request.headers))
        if script.status != 200:
            return JSONResponse({"error": {"message": "overloaded"}}, status_code=script.status)
        return StreamingResponse(_watched(script), media_type="text/event-stream")

    return app


async def _watched(script: Script) -> AsyncIterator[bytes]:
    """Yields pieces; records a client that leaves before the end."""
    try:
        async for piece in _stream(script):
            yield piece
    except (asyncio.CancelledError, GeneratorExit):
        script.left.set()
        raise


async def _stream(script: Script) -> AsyncIterator[bytes]:
    if script.fault is Fault.HANGS:
        script.begun.set()
        await _hang(script)
    if script.fault is Fault.GARBAGE:
        yield b"\xff\xfe\x00 not a stream \x80\n\n"
        return
    for piece in script.pieces:
        yield _word(piece)
        await asyncio.sleep(script.token_seconds)
    script.begun.set()
    async for piece_amid in _amid(script):
        yield piece_amid
    if script.fault is Fault.DIES_AMID:
        return
    yield _chunk(choices=[{"index": 0, "delta": {}, "finish_reason": script.finish_reason}])
    if script.usage is not None:
        yield _chunk(choices=[], usage={"completion_tokens": len(script.pieces)} | script.usage)
    yield b"data: [DONE]\n\n"


async def _amid(script: Script) -> AsyncIterator[bytes]:
    match script.fault:
        case Fault.HANGS_AMID:
            await _hang(script)
        case Fault.BREAKS_AMID:
            raise ConnectionResetError
        case Fault.GARBAGE_AMID:
            yield b"data: \xff\xfe\x80\n\n"
        case Fault.NOT_JSON_AMID:
            yield b"data: <html>\n\n"
        case Fault.OTHER_JSON_AMID:
            yield b'data: {"choices": "none", "usage": 7}\n\n'
        case Fault.ERROR_AMID:
            yield b'data: {"error": {"message": "out of memory"}}\n\n'
        case Fault.ENDLESS:
            while True:
                yield _word("on and ")
                await asyncio.sleep(0)


async def _hang(script: Script) -> None:
    while not script.go_on.is_set():
        await asyncio.sleep(0.01)


def _word(text: str) -> bytes:
    return _chunk(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}])


def _chunk(**fields: Any) -> bytes:
    body = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "tiny-model", **fields}
    return f"data: {json.dumps(body)}\n\n".encode()
