"""Builds stored answers for tests."""

from dataclasses import replace
from datetime import datetime

from rag.catalog.answers import AnswerRecord, CitedQuote
from rag.catalog.database.connection import new_id

NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - tables hold times without a zone


def answer_record(**changes: object) -> AnswerRecord:
    """Returns an answer record with a new id and these changes."""
    usual = AnswerRecord(
        request_id=new_id(),
        tenant="acme",
        collection="manuals",
        question="How often?",
        answer="Every 6,000 hours.",
        citations=(CitedQuote(document_id="d1", document="pump.md", quote="every 6,000 hours"),),
        version_ids=frozenset(),
        abstention=None,
        cached=False,
        experiment=None,
        arm=None,
        shadow_of=None,
        asked_at=NOW,
        milliseconds=12.5,
        cost=None,
        currency=None,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]
