"""Turns the events of an answer into a chat completion or its chunks. Pure."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from api.openai.text import NEAREST_SHOWN, Mark, MarkedText, Words, footer, words_for_question
from api.schemas.answers import AnswerBody, CitationBody
from api.schemas.chat_answers import (
    Annotation,
    ChatAnswerMessage,
    ChatChoice,
    ChatChunk,
    ChatCompletion,
    ChatDetails,
    ChatReceiptBody,
    ChatUsage,
    ChunkChoice,
    ChunkDelta,
    CitedPlace,
    SkippedBody,
    UrlCitation,
)
from rag.answers import Answer, AnswerEvent, AnswerSentence, Citation, Question, TextDelta
from rag.telemetry.recorder import REQUEST_ID

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFrame:
    """The values that all chunks of an answer share. ``place_url`` returns the address of a citation in the page.

    ``id`` is the receipt's ``request_id`` in the form that clients expect.
    """

    model: str
    question: Question
    with_footer: bool
    with_usage: bool
    place_url: Callable[[Citation], str]
    ignored_parameters: list[str] = field(default_factory=list)
    skipped: list[SkippedBody] = field(default_factory=list)
    id: str = field(default_factory=lambda: f"chatcmpl-{REQUEST_ID.get() or uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def words(self) -> Words:
        """The fixed words in the question's language."""
        return words_for_question(self.question.text)


class ChatWriter:
    """Writes one answer."""

    def __init__(self, frame: ChatFrame) -> None:
        self._frame = frame
        self._text = MarkedText(frame.words)
        self._content: list[str] = []

    def chunks(self, event: AnswerEvent) -> Iterator[ChatChunk]:
        """Yields the chunks that an event adds; the event with the whole answer completes the message."""
        if content := self._take(event):
            yield self._chunk(ChunkDelta(content=content))
        if isinstance(event, Answer):
            yield self._chunk(ChunkDelta(annotations=self._annotations(event)))
            yield self._last(event)
            if self._frame.with_usage:
                yield self._of([], ChatUsage.of(event.receipt.usage))

    def opening(self) -> ChatChunk:
        """Returns the first chunk, which names the role."""
        return self._chunk(ChunkDelta(role="assistant", content=""))

    def completion(self, answer: Answer) -> ChatCompletion:
        """Returns the whole message, after ``chunks`` was called with every event."""
        message = ChatAnswerMessage(content="".join(self._content), annotations=self._annotations(answer))
        return ChatCompletion(
            id=self._frame.id,
            created=self._frame.created,
            model=self._frame.model,
            choices=[ChatChoice(message=message, finish_reason=_finish_reason(answer))],
            usage=ChatUsage.of(answer.receipt.usage),
            citewell=self._details(answer),
        )

    def _take(self, event: AnswerEvent) -> str:
        match event:
            case TextDelta():
                content = self._text.add_text(event.text)
            case AnswerSentence():
                content = self._text.add_sentence(event)
            case Answer():
                content = self._text.finish() + self._ending(event)
            case _:
                content = ""
        self._content.append(content)
        return content

    def _ending(self, answer: Answer) -> str:
        words = self._frame.words
        if answer.abstention is not None:
            nearest = footer(words.nearest, answer.passages[:NEAREST_SHOWN], words)
            return words.refusals[answer.abstention] + (nearest if self._frame.with_footer else "")
        citations = [mark.citation for mark in self._text.marks]
        cited = {citation.number for citation in citations}
        passages = [passage for passage in answer.passages if passage.number in cited]
        return footer(words.sources, passages, words, citations) if self._frame.with_footer else ""

    def _annotations(self, answer: Answer) -> list[Annotation]:
        titles = {passage.number: passage.hit.chunk.title or passage.hit.chunk.name for passage in answer.passages}
        return [self._annotation(mark, titles[mark.citation.number]) for mark in self._text.marks]

    def _annotation(self, mark: Mark, title: str) -> Annotation:
        citation = mark.citation
        url = self._frame.place_url(citation)
        return Annotation(
            type="url_citation",
            url_citation=UrlCitation(start_index=mark.start, end_index=mark.end, title=title, url=url),
            citewell=CitedPlace(
                **dict(CitationBody.model_validate(citation)),
                sentence_start_index=mark.sentence_start,
                sentence_end_index=mark.sentence_end,
            ),
        )

    def _last(self, answer: Answer) -> ChatChunk:
        choice = ChunkChoice(index=0, delta=ChunkDelta(), finish_reason=_finish_reason(answer))
        return self._of([choice]).model_copy(update={"citewell": self._details(answer)})

    def _details(self, answer: Answer) -> ChatDetails:
        body, frame = AnswerBody.of(answer), self._frame
        return ChatDetails(
            collection=frame.question.scope.collection,
            abstention=body.abstention,
            sources=body.sources,
            receipt=ChatReceiptBody(
                **dict(body.receipt), ignored_parameters=frame.ignored_parameters, skipped=frame.skipped
            ),
        )

    def _chunk(self, delta: ChunkDelta) -> ChatChunk:
        return self._of([ChunkChoice(index=0, delta=delta, finish_reason=None)])

    def _of(self, choices: list[ChunkChoice], usage: ChatUsage | None = None) -> ChatChunk:
        """Returns a chunk; if usage was asked for, every chunk has the field, and only the last has a value."""
        frame = self._frame
        chunk = ChatChunk(
            id=frame.id, object="chat.completion.chunk", created=frame.created, model=frame.model, choices=choices
        )
        return chunk.model_copy(update={"usage": usage}) if frame.with_usage else chunk


def _finish_reason(answer: Answer) -> FinishReason:
    usage = answer.receipt.usage
    return "length" if usage is not None and usage.truncated else "stop"
