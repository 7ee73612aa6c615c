"""Writes answers with any OpenAI-compatible endpoint: vLLM first of all. A door to the openai SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import cast

from openai import AsyncOpenAI, AsyncStream, OpenAIError
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from rag.answers import AbstentionReason, Declined, GenerationEvent, GenerationRequest, Usage, WrittenBy
from rag.errors import GeneratorError
from rag.generation.markers import MarkerParser
from rag.generation.prompt_writer import PromptWriter, WrittenPrompt
from rag.types import Passage

_NO_ANSWER = "NO_ANSWER"


class VllmGenerator:
    """Streams from ``/v1/chat/completions`` and turns the model's ``[n]`` markers into citation marks."""

    def __init__(self, *, client: AsyncOpenAI, model: str, prompt: PromptWriter, temperature: float) -> None:
        self._client = client
        self._model = model
        self._prompt = prompt
        self._temperature = temperature

    @property
    def name(self) -> str:
        """The model as configured; the server's only one when none is."""
        return self._model or "vllm"

    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        """Streams the answer.

        Raises:
            GeneratorError: no connection, an error status, or a stream that breaks off.
        """
        written = await self._prompt.write(request)
        yield WrittenBy(generator=self.name, prompt=written.name)
        for degradation in written.left_out:
            yield degradation
        try:
            stream = await self._open(written)
            async with stream:
                async for event in _events(stream, written.passages):
                    yield event
        except OpenAIError as error:
            raise GeneratorError(self.name, str(error) or type(error).__name__) from error

    async def _open(self, written: WrittenPrompt) -> AsyncStream[ChatCompletionChunk]:
        model = self._model or await self._only_model()
        return await self._client.chat.completions.create(
            model=model,
            messages=cast("list[ChatCompletionMessageParam]", [{"role": r, "content": c} for r, c in written.messages]),
            max_tokens=written.max_tokens,
            temperature=self._temperature,
            stream=True,
            stream_options={"include_usage": True},
        )

    async def _only_model(self) -> str:
        models = [model.id async for model in self._client.models.list()]
        if not models:
            raise GeneratorError(self.name, "the server offers no model")
        self._model = models[0]
        return self._model


async def _events(
    stream: AsyncStream[ChatCompletionChunk], passages: Sequence[Passage]
) -> AsyncIterator[GenerationEvent]:
    opening = _Opening()
    parser = MarkerParser([passage.number for passage in passages])
    finish_reason: str | None = None
    async for chunk in stream:
        for choice in chunk.choices:
            finish_reason = choice.finish_reason or finish_reason
            for event in parser.feed(opening.release(choice.delta.content or "")):
                yield event
        if chunk.usage is not None:
            yield Usage(
                model=chunk.model,
                prompt_tokens=chunk.usage.prompt_tokens,
                completion_tokens=chunk.usage.completion_tokens,
                truncated=finish_reason == "length",
            )
    if finish_reason is None:
        raise GeneratorError("vllm", "the stream ended before the answer was complete")
    if opening.declines:
        yield Declined(reason=AbstentionReason.MODEL_DECLINED)
        return
    for event in (*parser.feed(opening.release("", finished=True)), *parser.finish()):
        yield event


class _Opening:
    """Holds the first words back until they can no longer become NO_ANSWER."""

    def __init__(self) -> None:
        self._held: str | None = ""

    def release(self, text: str, *, finished: bool = False) -> str:
        """Returns what may be shown."""
        if self._held is None:
            return text
        self._held += text
        if not finished and _NO_ANSWER.startswith(self._held.strip()[: len(_NO_ANSWER)]):
            return ""
        released, self._held = self._held, None
        return released

    @property
    def declines(self) -> bool:
        """Whether the whole answer was NO_ANSWER, or nothing."""
        return self._held is not None and (not self._held.strip() or self._held.strip().startswith(_NO_ANSWER))


def connect(*, url: str, api_key: str | None, timeout_seconds: float) -> AsyncOpenAI:
    """Returns a client that does not retry by itself: whoever calls decides what happens next."""
    return AsyncOpenAI(base_url=url, api_key=api_key or "none", timeout=timeout_seconds, max_retries=0)
