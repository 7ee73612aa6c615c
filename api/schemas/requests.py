"""Request bodies of searches and questions."""

from __future__ import annotations

from pydantic import Field, StrictBool
from pydantic.config import JsonDict

from api.schemas.base import Request, WholeNumber
from api.schemas.filters import Filter
from rag.answers import Role, Turn

COLLECTION_PATTERN = r"^[^\W_][\w .-]{0,63}$"
TITLE_PATTERN = r"\S"
IDEMPOTENCY_KEY_PATTERN = r"^[\x20-\x7e]{1,255}$"
FORMS = {
    COLLECTION_PATTERN: (
        "must begin with a letter or a digit, and go on with letters, digits, spaces, dots, dashes and underscores, "
        "64 characters at most"
    ),
    TITLE_PATTERN: "must hold more than spaces",
}
"""Each pattern in words that follow the name of a field."""
FORM_FAULTS = frozenset({"form_cut", "part_encoded", "part_name"})
"""Faults of an upload's form as a whole."""
COLLECTION = Field(
    default="default",
    pattern=COLLECTION_PATTERN,
    description="Letters, digits, space, dot, dash and underscore; 64 characters at most.",
    examples=["default"],
)
NOT_EMPTY: JsonDict = {"minLength": 1, "pattern": r"^[^\x00]*[^\s\x00\x1c-\x1f\x85\xa0][^\x00]*$"}
"""The schema of a question. The pipeline itself refuses an empty one, with a code of its own."""


class HistoryTurn(Request):
    """An earlier message of the conversation."""

    role: Role
    content: str = Field(max_length=100_000)

    def to_value(self) -> Turn:
        """Returns the turn as the pipeline expects it."""
        return Turn(role=self.role, content=self.content)


class SearchRequest(Request):
    """A search without an answer."""

    query: str = Field(examples=["How long is the warranty?"], json_schema_extra=NOT_EMPTY)
    collection: str = COLLECTION
    limit: WholeNumber = Field(default=8, ge=1, le=100)
    filter: Filter = Field(default_factory=Filter)


class AskRequest(Request):
    """A question. ``history`` holds the conversation so far, oldest first, without this question.

    With a ``conversation_id`` the answer is kept there, and the history comes from there unless it is given.
    """

    question: str = Field(examples=["How long is the warranty?"], json_schema_extra=NOT_EMPTY)
    collection: str = COLLECTION
    conversation_id: str | None = Field(
        default=None, max_length=64, description="A conversation of POST /v1/conversations, to keep the answer in."
    )
    replaces: str | None = Field(
        default=None, max_length=64, description="The request_id of a turn of the conversation whose place it takes."
    )
    history: list[HistoryTurn] = Field(default_factory=list, max_length=200)
    filter: Filter = Field(
        default_factory=Filter,
        description="Narrows the documents. In a conversation the filter of the last question holds, unless one is "
        "sent; `{}` is none.",
    )
    search_query: str = Field(
        default="", description="Search for this, in place of the question as the history completes it."
    )
    stream: StrictBool = Field(default=False, description="Answer as server-sent events.")
