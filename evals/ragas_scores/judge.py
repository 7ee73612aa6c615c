"""The judge: a model on an OpenAI-compatible server that replies in a given JSON form.

The openai SDK takes half a second to load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TypeVar

from openai import APIConnectionError, AsyncOpenAI, OpenAIError
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from evals.runs.records import JudgeRecord
from rag.errors import JudgeError
from rag.settings import JudgeSettings

Reply = TypeVar("Reply", bound=BaseModel)
_FAILURES = (OpenAIError, AttributeError, ValueError)  # the SDK does not check what it reads
_MOST_CONNECTION_FAILURES = 8
_JSON = TypeAdapter[JsonValue](JsonValue)


class Judge:
    """Asks one model, with limited concurrency, and counts calls and tokens.

    After many connection failures in a row it asks no more, so that a run can end.
    """

    def __init__(self, settings: JudgeSettings, client: AsyncOpenAI) -> None:
        self._settings = settings
        self._client = client
        self._model = settings.model
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._connection_failures = 0
        self._calls = self._failed = self._prompt_tokens = self._completion_tokens = 0

    async def find_model(self) -> None:
        """Chooses the model to ask.

        Raises:
            JudgeError: the server does not answer, or offers no model.
        """
        try:
            offered = await self._client.models.list()
        except _FAILURES as error:
            if self._model and not isinstance(error, APIConnectionError):
                return  # some servers list no models
            raise JudgeError(_said(error)) from error
        listed = getattr(offered, "data", None) or []
        self._model = self._model or (listed[0].id if listed else "")
        if not self._model:
            raise JudgeError("the server offers no model, and CITEWELL_JUDGE__MODEL names none")

    async def ask(self, prompt: str, form: type[Reply]) -> Reply:
        """Returns the reply to a prompt.

        Guided decoding forces the form; a server without it may reply with anything.

        Raises:
            JudgeError: there was no reply, an incomplete one, or one of another form.
        """
        async with self._slots:
            if self._connection_failures >= _MOST_CONNECTION_FAILURES:
                raise JudgeError(f"it could not be reached {_MOST_CONNECTION_FAILURES} times in a row")
            self._calls += 1
            try:
                return _read(await self._complete(prompt, form), form)
            except JudgeError:
                self._failed += 1
                raise

    def record(self) -> JudgeRecord:
        """Returns calls, tokens and cost so far."""
        return JudgeRecord(
            model=self._model or "unknown",
            calls=self._calls,
            failed_calls=self._failed,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
            cost=self._settings.cost(
                prompt_tokens=self._prompt_tokens, cached_prompt_tokens=0, completion_tokens=self._completion_tokens
            ),
        )

    async def close(self) -> None:
        await self._client.close()

    async def _complete(self, prompt: str, form: type[Reply]) -> ChatCompletion:
        try:
            completion = await self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": "user", "content": prompt}],
                max_tokens=self._settings.max_tokens,
                temperature=0,
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": form.__name__, "schema": strict_schema(form), "strict": True},
                },
            )
        except _FAILURES as error:
            self._connection_failures = self._connection_failures + 1 if isinstance(error, APIConnectionError) else 0
            raise JudgeError(_said(error)) from error
        self._connection_failures = 0
        if usage := getattr(completion, "usage", None):
            self._prompt_tokens += usage.prompt_tokens or 0
            self._completion_tokens += usage.completion_tokens or 0
        return completion


def judge_at(settings: JudgeSettings) -> Judge | None:
    """Returns the judge of the settings; None without one."""
    if settings.url is None:
        return None
    key = settings.api_key.get_secret_value() if settings.api_key else "none"
    client = AsyncOpenAI(base_url=settings.url, api_key=key, timeout=settings.timeout_seconds, max_retries=0)
    return Judge(settings, client)


def strict_schema(form: type[BaseModel]) -> dict[str, object]:
    """Returns a form's JSON schema, with all fields required, no others allowed, and every number 0 or 1.

    Every number that Ragas asks for is a verdict, which its own schemas say only in descriptions.
    """
    return {**_strict_node(form.model_json_schema())}


def _strict_node(node: dict[str, JsonValue]) -> dict[str, JsonValue]:
    inner = {key: _strict(value) for key, value in node.items()}
    if node.get("type") == "object":
        return inner | {"additionalProperties": False, "required": [*_names(node)]}
    return inner | {"enum": [0, 1]} if node.get("type") == "integer" else inner


def _strict(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_strict(each) for each in value]
    return _strict_node(value) if isinstance(value, dict) else value


def _names(node: dict[str, JsonValue]) -> Iterator[str]:
    properties = node.get("properties")
    return iter(properties if isinstance(properties, dict) else ())


def _read(completion: ChatCompletion, form: type[Reply]) -> Reply:
    choices = getattr(completion, "choices", None)
    if not choices:
        raise JudgeError("what it sends cannot be read")
    message, finish = choices[0].message, choices[0].finish_reason
    if finish == "length":
        raise JudgeError("its reply was cut off; CITEWELL_JUDGE__MAX_TOKENS sets the length")
    if getattr(message, "refusal", None) or finish == "content_filter":
        raise JudgeError("it refused to reply")
    text = message.content or ""
    try:
        reply = form.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise JudgeError("its reply does not have the form it was told") from error
    if any(number not in (0, 1) for number in _numbers(_JSON.validate_json(text))):
        raise JudgeError("a verdict in its reply is neither 0 nor 1")
    return reply


def _numbers(node: JsonValue) -> Iterator[int | float]:
    if isinstance(node, int | float):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _numbers(each)


def _said(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
