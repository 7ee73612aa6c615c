"""Asks a model server for its context window, for a count of tokens, and for one short reply.

A door to the openai SDK; ``client``, which streams answers, is the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from openai import APIStatusError, AsyncOpenAI, OpenAIError, omit
from openai.types.chat import ChatCompletionMessageParam
from openai.types.shared_params import ResponseFormatJSONSchema

from rag.errors import GeneratorError
from rag.generation.prompts.data import ChatMessage

_PROBE_SECONDS = 2.0
_NOT_OFFERED = frozenset({404, 405, 501})
_FAILURES = (OpenAIError, AttributeError, ValueError)  # the SDK does not check what it reads


@dataclass(frozen=True, slots=True, kw_only=True)
class _ModelCard:
    name: str
    context_tokens: int | None


class ModelCalls:
    """Calls one model of an OpenAI-compatible server; "" is the first model that the server offers."""

    def __init__(self, *, client: AsyncOpenAI, model: str) -> None:
        self._client = client
        self._model = model
        self._card: _ModelCard | None = None
        self._counts = True

    @property
    def model(self) -> str:
        """The model's name in error messages."""
        return self._model or "vllm"

    async def context_tokens(self) -> int | None:
        """Returns the context window in tokens, which vLLM and SGLang tell; None from other servers."""
        try:
            return (await self._read_card()).context_tokens
        except GeneratorError:
            return None

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        """Returns the number of tokens of a chat, template included; None if the server does not count them."""
        if not self._counts:
            return None
        url = f"{str(self._client.base_url).rstrip('/').removesuffix('/v1')}/tokenize"
        body: dict[str, object] = {"messages": _as_parameters(messages)}
        if self._model:
            body["model"] = self._model
        try:
            reply = await self._client.post(url, cast_to=object, body=body, options={"timeout": _PROBE_SECONDS})
        except _FAILURES as error:
            self._counts = not (isinstance(error, APIStatusError) and error.status_code in _NOT_OFFERED)
            return None
        count = reply.get("count") if isinstance(reply, Mapping) else None
        return count if isinstance(count, int) else None

    async def complete(
        self, messages: Sequence[ChatMessage], *, max_tokens: int, json_schema: Mapping[str, object] | None = None
    ) -> str:
        """Returns one whole reply, at temperature 0; JSON of the schema, if the server can enforce one.

        Raises:
            GeneratorError: no connection, an error status, or a reply that was cut off.
        """
        model = self._model or (await self._read_card()).name
        try:
            reply = await self._client.chat.completions.create(
                model=model,
                messages=_as_parameters(messages),
                max_tokens=max_tokens,
                temperature=0,
                response_format=_as_format(json_schema) if json_schema is not None else omit,
            )
        except _FAILURES as error:
            raise GeneratorError(model, str(error) or type(error).__name__) from error
        choices = getattr(reply, "choices", None)
        if not choices:
            raise GeneratorError(model, "what it sends cannot be read")
        if choices[0].finish_reason == "length":
            raise GeneratorError(model, f"its reply was longer than {max_tokens} tokens")
        return choices[0].message.content or ""

    async def _read_card(self) -> _ModelCard:
        if self._card is None:
            try:
                offered = await self._client.models.list(timeout=_PROBE_SECONDS)
            except _FAILURES as error:
                raise GeneratorError(self.model, str(error) or type(error).__name__) from error
            listed = getattr(offered, "data", None) or []
            chosen = next((model for model in listed if self._model in {"", model.id}), None)
            if chosen is None and not self._model:
                raise GeneratorError(self.model, "the server offers no model")
            window = getattr(chosen, "max_model_len", None)
            self._card = _ModelCard(
                name=chosen.id if chosen else self._model,
                context_tokens=window if isinstance(window, int) and window > 0 else None,
            )
        return self._card


def _as_parameters(messages: Sequence[ChatMessage]) -> list[ChatCompletionMessageParam]:
    return cast("list[ChatCompletionMessageParam]", [{"role": role, "content": text} for role, text in messages])


def _as_format(schema: Mapping[str, object]) -> ResponseFormatJSONSchema:
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": dict(schema), "strict": True}}
