"""Chat completions as OpenAI's API has them: what comes in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool

from api.schemas.base import Request
from api.schemas.requests import Filter
from rag.answers import Role, Turn
from rag.errors import UnsupportedMessageError, UnsupportedParameterError

Ignored = Annotated[
    JsonValue,
    Field(default=None, description="Accepted and ignored: how answers are written is the service's setting."),
]
Refused = Annotated[JsonValue, Field(default=None, description="Refused, unless it asks for nothing.")]

_NO_TOOLS = "Citewell answers from documents and calls no tools. Leave it out."
_TEXT_ONLY = "Answers are text. Leave it out."
_NO_PROBABILITIES = "Answers come with citations, not with probabilities. Leave it out."
_REFUSED: dict[str, tuple[list[JsonValue], str]] = {
    "n": ([1], "There is one answer to a question. Leave it out, or send 1."),
    "tools": ([[]], _NO_TOOLS),
    "tool_choice": (["none", "auto"], _NO_TOOLS),
    "functions": ([[]], _NO_TOOLS),
    "function_call": (["none", "auto"], _NO_TOOLS),
    "web_search_options": ([], "Citewell searches its documents, and nothing else. Leave it out."),
    "response_format": ([{"type": "text"}], 'Answers are text with citations. Leave it out, or send {"type": "text"}.'),
    "modalities": ([["text"]], _TEXT_ONLY),
    "audio": ([], _TEXT_ONLY),
    "prediction": ([], "An answer cannot be given beforehand. Leave it out."),
    "stop": ([[], ""], "An answer that is cut off could not be checked. Leave it out."),
    "logit_bias": ([{}], _NO_PROBABILITIES),
    "logprobs": ([False], _NO_PROBABILITIES),
    "top_logprobs": ([0], _NO_PROBABILITIES),
}
"""What cannot be done, each with the values that do not ask for it, and what to do instead."""


class TextPart(BaseModel):
    """A piece of a message. Its other fields, such as hints for caches, are of no use here."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """A message of the conversation. The instructions of `system` and `developer` are not followed.

    They could undo what the service promises, that an answer says what the documents say; yet most clients send some.
    """

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """The words of the message.

        Raises:
            UnsupportedMessageError: a part of it is not text.
        """
        if not isinstance(self.content, list):
            return self.content or ""
        others = sorted({part.type for part in self.content} - {"text"})
        if others:
            raise UnsupportedMessageError(f"A message holds {', '.join(others)}. Citewell reads text parts only.")
        return "\n".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    """How to stream. Padding against eavesdroppers is not supported, nor is it missed."""

    model_config = ConfigDict(extra="ignore")

    include_usage: StrictBool = False


class ChatExtension(Filter):
    """What OpenAI's API has no word for; the filter narrows the search."""

    footer: StrictBool | None = Field(
        default=None, description="End the text with its sources; null: as the settings say."
    )
    fresh: StrictBool = Field(
        default=False, description="Answer anew, not from memory; `Cache-Control: no-cache` does too."
    )


class ChatRequest(Request):
    """A question to a collection of documents.

    The last message is the question, the `user` and `assistant` messages before it are the conversation so far.
    """

    model: str = Field(description="`citewell`, or `citewell/` and the name of a collection.", examples=["citewell"])
    messages: list[ChatMessage] = Field(
        min_length=1, examples=[[{"role": "user", "content": "How long is the warranty?"}]]
    )
    stream: StrictBool | None = False
    stream_options: StreamOptions | None = None
    citewell: ChatExtension = Field(default_factory=ChatExtension)

    temperature: Ignored
    top_p: Ignored
    seed: Ignored
    max_tokens: Ignored
    max_completion_tokens: Ignored
    presence_penalty: Ignored
    frequency_penalty: Ignored
    reasoning_effort: Ignored
    verbosity: Ignored
    parallel_tool_calls: Ignored
    user: Ignored
    safety_identifier: Ignored
    metadata: Ignored
    store: Ignored
    service_tier: Ignored
    prompt_cache_key: Ignored
    prompt_cache_options: Ignored
    prompt_cache_retention: Ignored

    n: Refused
    tools: Refused
    tool_choice: Refused
    functions: Refused
    function_call: Refused
    web_search_options: Refused
    response_format: Refused
    modalities: Refused
    audio: Refused
    prediction: Refused
    stop: Refused
    logit_bias: Refused
    logprobs: Refused
    top_logprobs: Refused

    def refuse_unsupported(self) -> None:
        """Raises ``UnsupportedParameterError`` for what would silently not be done."""
        for name, (harmless, reason) in _REFUSED.items():
            value = getattr(self, name)
            if value is not None and value not in harmless:
                raise UnsupportedParameterError(name, reason)

    @property
    def question(self) -> str:
        """The last message.

        Raises:
            UnsupportedMessageError: it is not the user's, or not text.
        """
        last = self.messages[-1]
        if last.role != "user":
            raise UnsupportedMessageError(f"The last message is of role '{last.role}'. It must be the user's question.")
        return last.text

    @property
    def history(self) -> tuple[Turn, ...]:
        """What was said before, oldest first.

        Raises:
            UnsupportedMessageError: a message is a tool's, or not text.
        """
        turns = []
        for message in self.messages[:-1]:
            if message.role in {"tool", "function"}:
                raise UnsupportedMessageError(f"A message is of role '{message.role}'. Citewell calls no tools.")
            if message.role in {"user", "assistant"} and message.text:
                turns.append(Turn(role=Role(message.role), content=message.text))
        return tuple(turns)
