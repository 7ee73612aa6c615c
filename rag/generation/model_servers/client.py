"""Writes answers with vLLM or any other OpenAI-compatible server. A door to the openai SDK."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from http import HTTPStatus
from typing import cast

from httpx import HTTPError, TimeoutException
from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AsyncStream,
    DefaultAsyncHttpxClient,
    OpenAIError,
    Timeout,
)
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from rag.answers import GenerationEvent, GenerationRequest, WrittenBy
from rag.errors import GeneratorError
from rag.generation.endpoints.endpoint import ServerLoad
from rag.generation.endpoints.faults import FaultKind
from rag.generation.model_servers.prompt_writer import PromptWriter, WrittenPrompt
from rag.generation.model_servers.stream import ChatStream
from rag.settings import Dialect

_NO_KEY = "none"
_CONNECT_SECONDS = 3.0
_CHECK_SECONDS = 2.0
_REASON_CHARACTERS = 300
_NOT_THE_SERVERS_FAULT = frozenset({400, 413, 422, 429})
_REQUESTS = re.compile(r"^vllm:num_requests_(?:running|waiting)(?:\{[^}\n]*\})?[ \t]+([0-9.eE+]+)", re.MULTILINE)
_NO_MONEY_OR_PATIENCE = frozenset({HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.TOO_MANY_REQUESTS})
_KEY_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class VllmGenerator:
    """Streams from ``/v1/chat/completions`` and turns the model's ``[n]`` markers into citation marks.

    Closing the stream ends the request at the server.

    Args:
        salt_of: returns the tenant's salt for the prefix cache. It is sent to vLLM only, because other servers refuse
            a field that they do not know.
        dialect: with ``auto`` the server's list of models tells whether it is vLLM.
    """

    def __init__(
        self,
        *,
        client: AsyncOpenAI,
        model: str,
        prompt: PromptWriter,
        temperature: float,
        dialect: Dialect = Dialect.OPENAI,
        salt_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._client = client
        self._model = model
        self._prompt = prompt
        self._temperature = temperature
        self._dialect = dialect
        self._salt_of = salt_of

    @property
    def name(self) -> str:
        """The model as configured; if none is, "vllm" until the server has told its first model."""
        return self._model or "vllm"

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the answer.

        Raises:
            GeneratorError: no connection, an error status, or a stream that breaks off, makes no sense or does not end.
        """
        written = await self._prompt.write(request)
        yield WrittenBy(generator=self.name, prompt=written.name)
        for degradation in written.left_out:
            yield degradation
        try:
            stream = await self._open(written, request.scope.tenant)
            async with stream:
                answer = ChatStream(
                    [passage.number for passage in written.passages],
                    max_tokens=written.max_tokens,
                    prompt_bytes=sum(len(content.encode()) for _, content in written.messages),
                )
                async for chunk in stream:
                    for event in answer.read(chunk):
                        yield event
                for event in answer.finish():
                    yield event
        except OpenAIError as error:
            raise self._failure(error) from error
        except TimeoutException as error:  # amid a stream the SDK lets the transport's errors through
            raise GeneratorError(self.name, "it did not answer in time") from error
        except HTTPError as error:
            raise GeneratorError(self.name, str(error)[:_REASON_CHARACTERS] or type(error).__name__) from error
        except ValueError as error:  # the SDK reads JSON and UTF-8 without a net
            raise GeneratorError(self.name, "what it sends cannot be read") from error

    async def check_health(self) -> ServerLoad:
        """Lists the server's models; returns the load of a vLLM server, and of others None.

        Raises:
            GeneratorError: the server does not answer, or is no model server.
        """
        try:
            await self._introduce(timeout=_CHECK_SECONDS)
            return ServerLoad(requests=await self._requests() if self._dialect is Dialect.VLLM else None)
        except OpenAIError as error:
            raise self._failure(error) from error
        except ValueError as error:
            raise GeneratorError(self.name, "what answers there is no model server") from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def _open(self, written: WrittenPrompt, tenant: str) -> AsyncStream[ChatCompletionChunk]:
        if not self._model or self._dialect is Dialect.AUTO:
            await self._introduce(timeout=_CHECK_SECONDS)
        return await self._client.chat.completions.create(
            model=self._model,
            messages=cast("list[ChatCompletionMessageParam]", [{"role": r, "content": c} for r, c in written.messages]),
            max_tokens=written.max_tokens,
            temperature=self._temperature,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={"cache_salt": self._salt_of(tenant)} if self._dialect is Dialect.VLLM else None,
        )

    async def _introduce(self, *, timeout: float) -> None:  # noqa: ASYNC109 - the SDK's own, to the last byte
        """Learns the server's model and dialect from its list of models."""
        page = await self._client.models.list(timeout=timeout)
        offered = [model for model in getattr(page, "data", None) or [] if getattr(model, "id", None)]
        if not offered:
            raise GeneratorError(self.name, "the server offers no model")
        self._model = self._model or offered[0].id
        if self._dialect is Dialect.AUTO:
            is_vllm = any(getattr(model, "owned_by", None) == "vllm" for model in offered)
            self._dialect = Dialect.VLLM if is_vllm else Dialect.OPENAI

    async def _requests(self) -> int | None:
        url = f"{str(self._client.base_url).rstrip('/').removesuffix('/v1')}/metrics"
        try:
            return _requests_in(await self._client.get(url, cast_to=str, options={"timeout": _CHECK_SECONDS}))
        except OpenAIError:
            return None  # the server is up, but does not show its metrics

    def _failure(self, error: OpenAIError) -> GeneratorError:
        if isinstance(error, APITimeoutError):
            return GeneratorError(self.name, "it did not answer in time")
        if not isinstance(error, APIStatusError):
            return GeneratorError(self.name, self._without_key(error)[:_REASON_CHARACTERS] or type(error).__name__)
        status = error.status_code
        words = (
            "it does not accept the API key"
            if status in _KEY_REFUSED
            else self._without_key(error)[:_REASON_CHARACTERS]
        )
        return GeneratorError(self.name, f"status {status}: {words}", refused=status in _NOT_THE_SERVERS_FAULT)

    def _without_key(self, error: OpenAIError) -> str:
        """Returns an error's words; a server may repeat the key that it was sent."""
        return str(error).replace(self._client.api_key, "[key]") if self._client.api_key != _NO_KEY else str(error)


def _requests_in(metrics: str) -> int | None:
    """Returns how many requests run and wait, of all engines of a vLLM server; None where its metrics do not tell."""
    counts = [float(value) for value in _REQUESTS.findall(metrics)]
    return round(sum(counts)) if counts else None


def fault_kind(error: GeneratorError) -> FaultKind:
    """Returns what kind of fault made an answer fail."""
    cause = error.__cause__
    if isinstance(cause, APIStatusError):
        return _kind_of_status(cause)
    if isinstance(cause, APITimeoutError | TimeoutException):
        return FaultKind.TIMEOUT
    if isinstance(cause, APIConnectionError | HTTPError):
        return FaultKind.WRONG_ADDRESS
    return FaultKind.NOT_OPENAI


def _kind_of_status(error: APIStatusError) -> FaultKind:
    status = error.status_code
    if status in _KEY_REFUSED:
        return FaultKind.WRONG_KEY
    if status in _NO_MONEY_OR_PATIENCE:
        return FaultKind.REFUSED
    if status == HTTPStatus.NOT_FOUND or (status in _NOT_THE_SERVERS_FAULT and "model" in str(error).lower()):
        return FaultKind.UNKNOWN_MODEL
    return FaultKind.NOT_OPENAI if status < HTTPStatus.BAD_REQUEST else FaultKind.FAILED


def connect(*, url: str, api_key: str | None, timeout_seconds: float) -> AsyncOpenAI:
    """Returns a client that does not retry: the router decides what happens after a failure.

    It follows no redirect: a server that people enter must not send this one on to another.
    """
    timeout = Timeout(timeout_seconds, connect=min(timeout_seconds, _CONNECT_SECONDS))
    http = DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False)
    return AsyncOpenAI(base_url=url, api_key=api_key or _NO_KEY, timeout=timeout, max_retries=0, http_client=http)
