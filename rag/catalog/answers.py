"""Keeps answers for some days: for their proofs, and so that feedback can be joined with question, quotes and cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select

from rag.access.principal import Principal
from rag.answers import AbstentionReason, AnswerSentence, Arm
from rag.catalog.access.reach import readable, rests_on_readable
from rag.catalog.database.connection import Database, insert_if_absent, insert_or_update
from rag.catalog.database.conversation_rows import CONVERSATIONS, TURNS
from rag.catalog.database.rows import aware, older_than
from rag.catalog.database.tables import ANSWER_VERSIONS, ANSWERS, FEEDBACK, REMOVED_ANSWERS
from rag.catalog.database.written_from import present_versions
from rag.catalog.usage import to_money, to_nanos
from rag.errors import RemovedAnswerError, UnknownAnswerError


class Verdict(StrEnum):
    """A user's rating of an answer."""

    UP = "up"
    DOWN = "down"


class Reason(StrEnum):
    """A user's complaint about an answer."""

    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    NOT_IN_DOCUMENTS = "not_in_documents"
    WRONG_SOURCE = "wrong_source"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedQuote:
    """Words of a document that an answer rests on; ``document`` is its name."""

    document_id: str
    document: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """One answer. ``version_ids`` are all that its writer was shown; ``shadow_of`` names the answer that was seen."""

    request_id: str
    tenant: str
    collection: str
    question: str
    answer: str
    citations: tuple[CitedQuote, ...]
    version_ids: frozenset[str]
    abstention: AbstentionReason | None
    cached: bool
    experiment: str | None
    arm: Arm | None
    shadow_of: str | None
    asked_at: datetime
    milliseconds: float
    cost: Decimal | None
    currency: str | None
    sentences: tuple[AnswerSentence, ...] = ()
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A user's feedback on one answer; comment and corrected answer may be empty."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    comment: str = ""
    corrected_answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAnswer:
    """A stored answer with its feedback, if there is any. Its ``version_ids`` are not read back."""

    record: AnswerRecord
    feedback: Feedback | None
    given_at: datetime | None


class AnswerLog:
    """Stores answers and feedback. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.now = database.now

    def add(self, records: Sequence[AnswerRecord]) -> None:
        """Writes records in one transaction, except those of which a version has been deleted since."""
        with self._database.write() as connection:
            for record in records:
                if record.version_ids <= present_versions(connection, record.version_ids):
                    _insert(connection, record)

    def answer(self, principal: Principal, request_id: str) -> AnswerRecord:
        """Returns an answer that a user has seen: to its own question, or one of a conversation that is shared.

        Raises:
            RemovedAnswerError: a document or a version that it was written from is no longer kept.
            UnknownAnswerError: it is not stored, or the principal may not read it.
        """
        with self._database.read() as connection:
            known = _seen(principal, request_id, shared=True)
            if row := connection.execute(_JOINED.where(*known)).first():
                return _judged(row).record
            gone = [REMOVED_ANSWERS.c.request_id == request_id, REMOVED_ANSWERS.c.tenant == principal.tenant]
            if not principal.sees_all:
                gone.append(REMOVED_ANSWERS.c.asked_by == principal.user_id)
            if removed := connection.execute(select(REMOVED_ANSWERS).where(*gone)).first():
                raise RemovedAnswerError(deleted=removed.deleted, removed_at=aware(removed.removed_at))
        raise UnknownAnswerError(request_id)

    def judge(self, principal: Principal, request_id: str, feedback: Feedback) -> JudgedAnswer:
        """Stores a user's feedback on an answer to its own question; it replaces earlier feedback.

        Raises:
            UnknownAnswerError: it is not stored, or it is another user's, or it is a shadow that no user has seen.
        """
        with self._database.write() as connection:
            known = _seen(principal, request_id, shared=False)
            if connection.execute(select(ANSWERS.c.request_id).where(*known).with_for_update()).first() is None:
                raise UnknownAnswerError(request_id)
            values = asdict(feedback) | {"reasons": json.dumps(feedback.reasons)}
            about = {"request_id": request_id, "tenant": principal.tenant, "given_at": self._database.now()}
            insert_or_update(connection, FEEDBACK, about | values)
            return _judged(connection.execute(_JOINED.where(ANSWERS.c.request_id == request_id)).one())

    def judged(
        self,
        tenant: str,
        *,
        verdict: Verdict | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> list[JudgedAnswer]:
        """Returns the answers that have feedback, newest feedback first, beginning after a time and a request id."""
        chosen = _JOINED.where(FEEDBACK.c.tenant == tenant)
        if verdict is not None:
            chosen = chosen.where(FEEDBACK.c.verdict == verdict)
        if after is not None:
            chosen = chosen.where(older_than(FEEDBACK.c.given_at, FEEDBACK.c.request_id, after))
        order = FEEDBACK.c.given_at.desc(), FEEDBACK.c.request_id.desc()
        with self._database.read() as connection:
            return [_judged(row) for row in connection.execute(chosen.order_by(*order).limit(limit))]

    def all_of(self, tenant: str, *, experiment: str | None = None) -> list[JudgedAnswer]:
        """Returns the answers of a tenant, or of one experiment, in the order they were asked for."""
        chosen = _JOINED.where(ANSWERS.c.tenant == tenant)
        if experiment is not None:
            chosen = chosen.where(ANSWERS.c.experiment == experiment)
        with self._database.read() as connection:
            rows = connection.execute(chosen.order_by(ANSWERS.c.asked_at, ANSWERS.c.request_id))
            return [_judged(row) for row in rows]

    def remove_old(self, *, days: int) -> int:
        """Removes answers older than ``days`` with their feedback, all of them for 0. Returns how many answers.

        An answer of a conversation stays with that, so that the links to its proofs go on working.
        """
        with self._database.write() as connection:
            limit = self._database.now() - timedelta(days=days)
            connection.execute(delete(REMOVED_ANSWERS).where(REMOVED_ANSWERS.c.removed_at <= limit))
            old = [ANSWERS.c.asked_at <= limit]
            if days:
                old.append(ANSWERS.c.request_id.not_in(select(TURNS.c.request_id)))
            return int(connection.execute(delete(ANSWERS).where(*old)).rowcount)


_FEEDBACK_COLUMNS = [FEEDBACK.c[name] for name in ("verdict", "reasons", "comment", "corrected_answer", "given_at")]
_JOINED = select(ANSWERS, *_FEEDBACK_COLUMNS).select_from(ANSWERS.outerjoin(FEEDBACK))
_SENTENCES = TypeAdapter(tuple[AnswerSentence, ...])
_PLAIN = (
    *("request_id", "tenant", "collection", "question", "answer", "cached", "experiment", "shadow_of", "asked_at"),
    "asked_by",
)


def _seen(principal: Principal, request_id: str, *, shared: bool) -> list[ColumnElement[bool]]:
    """Returns the conditions of an answer that a principal has seen, and may read still."""
    known = [ANSWERS.c.request_id == request_id, ANSWERS.c.tenant == principal.tenant, ANSWERS.c.shadow_of.is_(None)]
    if principal.sees_all:
        return known
    own = ANSWERS.c.asked_by == principal.user_id
    in_shared = select(TURNS.c.request_id).join(CONVERSATIONS, CONVERSATIONS.c.id == TURNS.c.conversation_id)
    in_shared = in_shared.where(CONVERSATIONS.c.share_token.is_not(None))
    may_see = or_(own, ANSWERS.c.request_id.in_(in_shared)) if shared else own
    return [*known, may_see, *rests_on_readable(ANSWER_VERSIONS, ANSWERS.c.request_id, readable(principal))]


def _insert(connection: Connection, record: AnswerRecord) -> None:
    values = {name: getattr(record, name) for name in (*_PLAIN, "milliseconds", "currency", "arm")}
    values["citations"] = json.dumps([asdict(citation) for citation in record.citations], ensure_ascii=False)
    values["sentences"] = json.dumps([asdict(sentence) for sentence in record.sentences], ensure_ascii=False)
    values["abstention"] = record.abstention.value if record.abstention else None
    values["cost_nanos"] = to_nanos(record.cost)
    if insert_if_absent(connection, ANSWERS, values) and record.version_ids:
        rows = [{"request_id": record.request_id, "version_id": each} for each in sorted(record.version_ids)]
        connection.execute(insert(ANSWER_VERSIONS), rows)


def _judged(row: Row[tuple[object, ...]]) -> JudgedAnswer:
    record = AnswerRecord(
        **{name: getattr(row, name) for name in (*_PLAIN, "milliseconds", "currency")},
        citations=tuple(CitedQuote(**each) for each in json.loads(row.citations)),
        version_ids=frozenset(),
        abstention=AbstentionReason(row.abstention) if row.abstention else None,
        arm=Arm(row.arm) if row.arm else None,
        cost=to_money(row.cost_nanos),
        sentences=_SENTENCES.validate_json(row.sentences),
    )
    if row.verdict is None:
        return JudgedAnswer(record=record, feedback=None, given_at=None)
    feedback = Feedback(
        verdict=Verdict(row.verdict),
        reasons=tuple(Reason(reason) for reason in json.loads(row.reasons)),
        comment=row.comment,
        corrected_answer=row.corrected_answer,
    )
    return JudgedAnswer(record=record, feedback=feedback, given_at=aware(row.given_at))
