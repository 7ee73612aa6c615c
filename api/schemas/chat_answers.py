"""Response bodies of chat completions, as OpenAI's API has them. Unset fields are left out."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from api.schemas.answers import AbstentionBody, CitationBody, ReceiptBody, SourceBody
from api.schemas.base import Response
from rag.answers import Usage


class UrlCitation(Response):
    """The place of a citation's mark in the content, in code points, and the address of its source."""

    start_index: int
    end_index: int
    title: str
    url: str = Field(description="Opens the source in Citewell's page, with the quoted words highlighted.")


class CitedPlace(CitationBody):
    """The cited words with their place in the document, and the place of the sentence that they support.

    `start` and `end` are offsets in the version's extracted text, those of the sentence in the content.
    """

    sentence_start_index: int
    sentence_end_index: int


class Annotation(Response):
    """A citation."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation
    citewell: CitedPlace


class ChatAnswerMessage(Response):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class ChatChoice(Response):
    """The only choice."""

    index: int = 0
    message: ChatAnswerMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class ChatUsage(Response):
    """Tokens as counted by the model; 0 if no model was called."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, usage: Usage | None) -> Self:
        """Returns the body for an answer's usage."""
        read, written = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
        return cls(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


class SkippedBody(Response):
    """The parts of a message that were not read; ``message`` is its place in the request, from 0."""

    message: int
    role: str
    what: str = Field(examples=["image_url"])


class ChatReceiptBody(ReceiptBody):
    """The receipt of an answer, with the parts of the request that were ignored."""

    ignored_parameters: list[str]
    skipped: list[SkippedBody]


class ChatDetails(Response):
    """Citewell's own details of an answer."""

    collection: str
    abstention: AbstentionBody | None = Field(description="Why there is no answer; null if there is one.")
    sources: list[SourceBody]
    receipt: ChatReceiptBody


class ChatCompletion(Response):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage
    citewell: ChatDetails


class ChunkDelta(Response):
    """The addition of a chunk to the message."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    annotations: list[Annotation] | None = None


class ChunkChoice(Response):
    """The only choice."""

    index: int
    delta: ChunkDelta
    finish_reason: Literal["stop", "length"] | None


class ChatChunk(Response):
    """A piece of a streamed answer."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: ChatUsage | None = None
    citewell: ChatDetails | None = None


class ChatModel(Response):
    """A model: a collection of documents."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Not known: 0.")
    owned_by: str = "citewell"


class ChatModelList(Response):
    """The models of a caller."""

    object: Literal["list"] = "list"
    data: list[ChatModel]
