"""Scripted models: what they write is known, so that only the pipeline is measured."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence

from rag.answers import AbstentionReason, Declined, GenerationEvent, GenerationRequest, WrittenBy
from rag.generation.model_servers.stream import MarkerParser
from rag.generation.prompts.data import AnswerPrompt
from rag.generation.prompts.text import DATA_MARK

Write = Callable[[GenerationRequest, str], str]
"""Returns what a model writes: given a request and all the words of its prompt."""


class ScriptedModel:
    """Writes what ``write`` returns, ``size`` characters at a time, and reads ``[n]`` as marks as a client does."""

    name = "scripted"

    def __init__(self, write: Write, *, size: int = 7, prompt: str = "answer-v3") -> None:
        self._write = write
        self._size = size
        self._prompt = AnswerPrompt(prompt)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the text."""
        yield WrittenBy(generator=self.name, prompt=self._prompt.name)
        text = self._write(request, self._words(request))
        if not text:
            yield Declined(reason=AbstentionReason.MODEL_DECLINED)
            return
        parser = MarkerParser([passage.number for passage in request.passages])
        for at in range(0, len(text), self._size):
            for event in parser.feed(text[at : at + self._size]):
                yield event
        for event in parser.finish():
            yield event

    def _words(self, request: GenerationRequest) -> str:
        messages = self._prompt.messages(
            request.question,
            request.passages,
            request.history,
            shape=request.shape,
            tables=request.tables,
            instructions=request.notes,
            marked=request.marked,
        )
        return "\n".join(content for _, content in messages)


def honest_words(request: GenerationRequest) -> str:
    """Returns what an honest model says: the first sentence of the first passage, with its mark."""
    for passage in request.passages:
        for sentence in passage.sentences:
            if len(sentence.split()) > 3:  # noqa: PLR2004 - more than a heading
                ending = "" if sentence.endswith((".", "!", "?")) else "."
                return f"{' '.join(sentence.split())}{ending} [{passage.number}] "
    return ""


def obeying(payload: str, orders: Sequence[str], *, in_any_case: bool) -> Write:
    """Returns a model that adds ``payload`` to an honest answer if ``orders`` are in its prompt, or in any case."""
    wanted = [_squeezed(order) for order in orders]

    def write(request: GenerationRequest, prompt: str) -> str:
        read = _squeezed(prompt)
        obeys = in_any_case or any(order in read for order in wanted)
        number = request.passages[0].number if request.passages else 1
        return honest_words(request) + (f"{payload} [{number}]" if obeys else "")

    return write


def _squeezed(text: str) -> str:
    plain = text.replace("&lt;", "<").replace(DATA_MARK, " ")
    return "".join(plain.split())
