"""Request and response bodies of feedback."""

from __future__ import annotations

from datetime import datetime

from pydantic import AliasPath, Field

from api.schemas.base import NEXT_CURSOR, Request, Response
from rag.answers import AbstentionReason, Arm
from rag.catalog.answers import Feedback, Reason, Verdict

_CHAT_PREFIX = "chatcmpl-"


def answer_id_of(given: str) -> str:
    """Returns the id of an answer as in its receipt; ``given`` may be that of a chat completion."""
    return given.removeprefix(_CHAT_PREFIX)


class FeedbackRequest(Request):
    """Feedback on an answer; it replaces earlier feedback."""

    request_id: str = Field(
        max_length=64,
        description="the request_id of an answer's receipt, its X-Request-ID, or the id of a chat completion",
        examples=["3f2a0c9b6d1e4a7f8b5c2d9e0f1a4b7c"],
    )
    verdict: Verdict
    reasons: list[Reason] = Field(default_factory=list, max_length=len(Reason))
    comment: str = Field(default="", max_length=2_000)
    corrected_answer: str = Field(default="", max_length=10_000, description="the right answer")

    @property
    def answer_id(self) -> str:
        """The id as in the answer's receipt."""
        return answer_id_of(self.request_id)

    def to_value(self) -> Feedback:
        """Returns the feedback as the catalogue stores it, each reason once."""
        return Feedback(
            verdict=self.verdict,
            reasons=tuple(dict.fromkeys(self.reasons)),
            comment=self.comment.strip(),
            corrected_answer=self.corrected_answer.strip(),
        )


class CitedQuoteBody(Response):
    """Words of a document that the answer cites."""

    document_id: str
    document: str
    quote: str


class FeedbackBody(Response):
    """Feedback with the answer that it is about."""

    request_id: str = Field(validation_alias=AliasPath("record", "request_id"))
    verdict: Verdict = Field(validation_alias=AliasPath("feedback", "verdict"))
    reasons: tuple[Reason, ...] = Field(validation_alias=AliasPath("feedback", "reasons"))
    comment: str = Field(validation_alias=AliasPath("feedback", "comment"))
    corrected_answer: str = Field(validation_alias=AliasPath("feedback", "corrected_answer"))
    given_at: datetime
    collection: str = Field(validation_alias=AliasPath("record", "collection"))
    question: str = Field(validation_alias=AliasPath("record", "question"))
    answer: str = Field(validation_alias=AliasPath("record", "answer"))
    abstention: AbstentionReason | None = Field(validation_alias=AliasPath("record", "abstention"))
    citations: tuple[CitedQuoteBody, ...] = Field(validation_alias=AliasPath("record", "citations"))
    arm: Arm | None = Field(validation_alias=AliasPath("record", "arm"))


class FeedbackList(Response):
    """Feedback, the latest first."""

    feedback: list[FeedbackBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)
