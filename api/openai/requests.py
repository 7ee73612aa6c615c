"""Requests for chat completions, as OpenAI's API has them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool

from api.schemas.base import Request
from api.schemas.chat_answers import SkippedBody
from api.schemas.filters import Filter
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
_NO_FORM = "Answers are text with citations and follow no grammar. Leave it out."
_NO_WORDS_BARRED = "Documents are quoted as they are, whatever words they hold. Leave it out."
_NOT_CUT = "An answer that is cut off could not be checked. Leave it out."
_NOT_READ = "Answers rest on the documents of a collection. Upload it with POST /v1/documents, and leave it out."
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
    "stop": ([[], ""], _NOT_CUT),
    "logit_bias": ([{}], _NO_PROBABILITIES),
    "logprobs": ([False], _NO_PROBABILITIES),
    "top_logprobs": ([0], _NO_PROBABILITIES),
    # Not OpenAI's own: parameters of vLLM, SGLang, llama.cpp and Ollama.
    "prompt_logprobs": ([False, 0], _NO_PROBABILITIES),
    "stop_token_ids": ([[]], _NOT_CUT),
    "bad_words": ([[]], _NO_WORDS_BARRED),
    "allowed_token_ids": ([[]], _NO_WORDS_BARRED),
    "guided_json": ([], _NO_FORM),
    "guided_regex": ([""], _NO_FORM),
    "guided_choice": ([[]], _NO_FORM),
    "guided_grammar": ([""], _NO_FORM),
    "structured_outputs": ([{}], _NO_FORM),
    "json_schema": ([], _NO_FORM),
    "grammar": ([""], _NO_FORM),
    "regex": ([""], _NO_FORM),
    "ebnf": ([""], _NO_FORM),
    "format": (["", "text"], _NO_FORM),
    "echo": ([False], "An answer does not repeat the question. Leave it out."),
    "continue_final_message": ([False], "An answer cannot be begun beforehand. Leave it out."),
    "documents": ([[]], _NOT_READ),
    "files": ([[]], _NOT_READ),
    "attachments": ([[]], _NOT_READ),
    "images": ([[]], _NOT_READ),
    "prompt_embeds": ([], _NOT_READ),
}
"""Parameters that are refused, each with the values that are harmless, and advice."""
_WITHOUT_CALLS = {"tools": "tool_choice", "functions": "function_call"}
"""Parameters that are harmless if the other one is ``none``: then no call is asked for."""
_SPEAKERS = frozenset({"user", "assistant"})
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})


class TextPart(BaseModel):
    """A piece of a message. Other fields, such as hints for caches, are ignored."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(default="text", description="`text`; pieces of other kinds are not read.")
    text: str | None = None


class ChatMessage(BaseModel):
    """A message of the conversation. Only messages of `user` and `assistant` are read."""

    # Instructions of `system` and `developer` could make an answer say other things than the documents do. They are not
    # refused, because most clients send some.

    model_config = ConfigDict(extra="ignore")

    role: str = Field(max_length=64, examples=["user"])
    content: str | list[TextPart] | None = None
    tool_calls: JsonValue = None
    function_call: JsonValue = None

    @property
    def text(self) -> str:
        """The text of the message."""
        if not isinstance(self.content, list):
            return self.content or ""
        return "\n".join(part.text or "" for part in self.content if part.type in _TEXT_PARTS)

    @property
    def unread(self) -> str:
        """The parts of the message that are not read, such as ``image_url``; empty if all are read."""
        if self.role not in _SPEAKERS:
            return "the message"
        content = self.content if isinstance(self.content, list) else []
        parts = {part.type[:64] for part in content if part.type not in _TEXT_PARTS}
        calls = {name for name in ("tool_calls", "function_call") if getattr(self, name)}
        return ", ".join(sorted(parts | calls))


class StreamOptions(BaseModel):
    """Options of a stream. Others, such as padding against eavesdroppers, are ignored."""

    model_config = ConfigDict(extra="ignore")

    include_usage: StrictBool = False


class ChatExtension(Filter):
    """Citewell's own options; the filter narrows the search."""

    footer: StrictBool | None = Field(
        default=None, description="End the text with its sources; null: as the settings say."
    )
    fresh: StrictBool = Field(
        default=False, description="Do not answer from the cache; `Cache-Control: no-cache` does the same."
    )


class ChatRequest(Request):
    """A question to a collection of documents.

    The last message is the question, the `user` and `assistant` messages before it are the conversation so far.
    Parameters that are not described here are ignored; the receipt names them, and the parts of messages not read.
    """

    model_config = ConfigDict(extra="allow")

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
    prediction: Ignored

    n: Refused
    tools: Refused
    tool_choice: Refused
    functions: Refused
    function_call: Refused
    web_search_options: Refused
    response_format: Refused
    modalities: Refused
    audio: Refused
    stop: Refused
    logit_bias: Refused
    logprobs: Refused
    top_logprobs: Refused

    def refuse_unsupported(self) -> None:
        """Raises ``UnsupportedParameterError`` for a parameter that asks for something that would not be done."""
        sent = self._parameters
        for name, (harmless, reason) in _REFUSED.items():
            value = sent.get(name)
            if isinstance(value, dict):
                value = {key: inner for key, inner in value.items() if inner is not None}
            asks = value is not None and value not in harmless
            if asks and sent.get(_WITHOUT_CALLS.get(name, "")) != "none":
                raise UnsupportedParameterError(name, reason)

    @property
    def ignored_parameters(self) -> list[str]:
        """The names of the parameters that are ignored, sorted."""
        return sorted(self._parameters.keys() - _REFUSED.keys())

    @property
    def question(self) -> str:
        """The text of the last message, instructions and empty messages of the assistant left aside.

        Raises:
            UnsupportedMessageError: it is not the user's, or holds other things and no text.
        """
        last = self.messages[self._last]
        if last.role != "user":
            raise UnsupportedMessageError(
                f"The last message is of role '{last.role}'. It must be the user's question; Citewell calls no tools."
            )
        if last.unread and not last.text.strip():
            raise UnsupportedMessageError(
                f"The last message holds {last.unread} and no text. Citewell reads text only."
            )
        return last.text

    @property
    def history(self) -> tuple[Turn, ...]:
        """The messages before the question, oldest first."""
        before = self.messages[: self._last]
        return tuple(
            Turn(role=Role(message.role), content=message.text)
            for message in before
            if message.role in _SPEAKERS and message.text
        )

    @property
    def skipped(self) -> list[SkippedBody]:
        """The parts of the messages that were not read, in their order."""
        return [
            SkippedBody(message=number, role=message.role, what=message.unread or "the message, which is empty")
            for number, message in enumerate(self.messages)
            if message.unread or not message.text
        ]

    @property
    def _last(self) -> int:
        """The place of the message to answer."""
        for number in range(len(self.messages) - 1, 0, -1):
            message = self.messages[number]
            is_instruction = message.role in {"system", "developer"}
            if not is_instruction and (message.role != "assistant" or message.text or message.unread):
                return number
        return 0

    @property
    def _parameters(self) -> dict[str, JsonValue]:
        """The parameters that were sent beside question and filter, without those that are null."""
        return self.model_dump(exclude=_READ, exclude_unset=True, exclude_none=True)


_READ = {"model", "messages", "stream", "stream_options", "citewell"}
