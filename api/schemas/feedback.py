"""What people say of answers: what comes in, and what goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.schemas.base import NEXT_CURSOR, Request, Response
from rag.answers import AbstentionReason, Arm
from rag.catalog.answers import Feedback, JudgedAnswer, Reason, Verdict

_CHAT_PREFIX = "chatcmpl-"


class FeedbackRequest(Request):
    """A verdict on an answer. One that is given later takes its place."""

    request_id: str = Field(
        max_length=64,
        description="the request_id of an answer's receipt, its X-Request-ID, or the id of a chat completion",
        examples=["3f2a0c9b6d1e4a7f8b5c2d9e0f1a4b7c"],
    )
    verdict: Verdict
    reasons: list[Reason] = Field(default_factory=list, max_length=len(Reason))
    comment: str = Field(default="", max_length=2_000)
    corrected_answer: str = Field(default="", max_length=10_000, description="what would have been right")

    @property
    def answer_id(self) -> str:
        """The id that the receipt has, too."""
        return self.request_id.removeprefix(_CHAT_PREFIX)

    def to_value(self) -> Feedback:
        """Returns the feedback as the catalogue keeps it, every reason once."""
        return Feedback(
            verdict=self.verdict,
            reasons=tuple(dict.fromkeys(self.reasons)),
            comment=self.comment.strip(),
            corrected_answer=self.corrected_answer.strip(),
        )


class CitedQuoteBody(Response):
    """Words of a document that the answer rests on."""

    document_id: str
    document: str
    quote: str


class FeedbackBody(Response):
    """A verdict, and what it is about."""

    request_id: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    comment: str
    corrected_answer: str
    given_at: datetime
    collection: str
    question: str
    answer: str
    abstention: AbstentionReason | None
    citations: tuple[CitedQuoteBody, ...]
    arm: Arm | None

    @classmethod
    def of(cls, judged: JudgedAnswer) -> Self:
        """Returns the body for an answer of which something was said."""
        record, feedback, given_at = judged.record, judged.feedback, judged.given_at
        assert feedback is not None  # noqa: S101 - whoever lists them has asked for those that have some
        assert given_at is not None  # noqa: S101
        return cls(
            request_id=record.request_id,
            verdict=feedback.verdict,
            reasons=feedback.reasons,
            comment=feedback.comment,
            corrected_answer=feedback.corrected_answer,
            given_at=given_at,
            collection=record.collection,
            question=record.question,
            answer=record.answer,
            abstention=record.abstention,
            citations=tuple(CitedQuoteBody.model_validate(citation) for citation in record.citations),
            arm=record.arm,
        )


class FeedbackList(Response):
    """The last given first."""

    feedback: list[FeedbackBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)
