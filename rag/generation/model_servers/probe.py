"""Asks a server which models it has, and looks for servers on this machine. Reads little, and follows no redirect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from rag.generation.endpoints.faults import EndpointFault, FaultKind, fault

LOOPBACK = "127.0.0.1"
PORTS = (8000, 8001, 11434, 1234, 8080)
"""Where vLLM (8000, 8001), Ollama, LM Studio and llama.cpp listen by default. No other port is asked."""

OURSELVES = "citewell"
"""What our own list of models says of its models' owner: a service must not write with itself."""

_LOOK_SECONDS = 1.5
_LIST_SECONDS = 5.0
_MOST_BYTES = 1_048_576
_MOST_MODELS = 1_000
_KEY_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NO_LIST = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})
_KINDS = {11434: "Ollama", 1234: "LM Studio"}
_OWNERS = {"vllm": "vLLM", "llamacpp": "llama.cpp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedModels:
    """The names of a server's models, and their owner, which tells what program it is."""

    names: tuple[str, ...]
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """A model server on this machine. ``kind`` is the program, as far as it can be told."""

    url: str
    kind: str
    models: tuple[str, ...]


async def offered_models(url: str, key: str | None, *, seconds: float = _LIST_SECONDS) -> OfferedModels | EndpointFault:
    """Returns what the server at ``url`` offers, or what is wrong. A server without such a list offers no names."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(timeout=seconds, follow_redirects=False, headers=headers) as client:
        return await _ask(client, url, seconds=seconds, has_key=key is not None)


async def find_servers(*, leave_out: Collection[int] = ()) -> list[FoundServer]:
    """Asks the usual ports of this machine, and no other, for their models; ``leave_out`` are this service's own."""
    # A proxy of the environment would be asked in place of this machine.
    async with httpx.AsyncClient(timeout=_LOOK_SECONDS, follow_redirects=False, trust_env=False) as client:
        urls = {port: f"http://{LOOPBACK}:{port}/v1" for port in PORTS if port not in leave_out}
        answers = await asyncio.gather(
            *(_ask(client, url, seconds=_LOOK_SECONDS, has_key=False) for url in urls.values())
        )
    return [
        FoundServer(url=url, kind=_OWNERS.get(answer.owner) or _KINDS.get(port, "Model server"), models=answer.names)
        for (port, url), answer in zip(urls.items(), answers, strict=True)
        if isinstance(answer, OfferedModels) and answer.names and answer.owner != OURSELVES
    ]


async def _ask(client: httpx.AsyncClient, url: str, *, seconds: float, has_key: bool) -> OfferedModels | EndpointFault:
    address = f"{url}/models"
    try:
        async with asyncio.timeout(seconds), client.stream("GET", address) as response:
            status = response.status_code
            body = await _start(response) if response.is_success else b""
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return fault(_kind_of(error), url, details=f"GET {address}: {type(error).__name__}")
    if status in _NO_LIST:
        return OfferedModels(names=())
    details = f"GET {address}: status {status}"
    if (kind := _kind_of_status(status)) is not None:
        return fault(kind, url, details=details, has_key=has_key)
    return _read(body) or fault(FaultKind.NOT_OPENAI, url, details=f"{details}, and no list of models")


def _kind_of(error: Exception) -> FaultKind:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return FaultKind.TIMEOUT
    is_other_protocol = isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError | ValueError)
    return FaultKind.NOT_OPENAI if is_other_protocol else FaultKind.WRONG_ADDRESS


def _kind_of_status(status: int) -> FaultKind | None:
    if status in _KEY_REFUSED:
        return FaultKind.WRONG_KEY
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return FaultKind.REFUSED
    return FaultKind.FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


async def _start(response: httpx.Response) -> bytes:
    """Returns the body; of one that is too long for a list of models, its start."""
    body = b""
    async for block in response.aiter_bytes():
        body += block
        if len(body) > _MOST_BYTES:
            break
    return body


def _read(body: bytes) -> OfferedModels | None:
    """Returns the models of a list, None where it is none."""
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    models = listed.get("data") if isinstance(listed, Mapping) else None
    if models is None and isinstance(listed, Mapping) and listed.get("object") == "list":
        models = []  # Ollama without a model sends null
    if not isinstance(models, list):
        return None
    entries = [entry for entry in models[:_MOST_MODELS] if isinstance(entry, Mapping)]
    names = tuple(entry["id"] for entry in entries if isinstance(entry.get("id"), str))
    owner = entries[0].get("owned_by") if entries else ""
    return OfferedModels(names=names, owner=owner if isinstance(owner, str) else "")
