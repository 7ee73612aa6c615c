"""Turns rows into records, and holds the statements that several parts of the catalogue share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from rag.catalog.database.connection import insert_or_update, new_id
from rag.catalog.database.conversation_rows import remove_turns
from rag.catalog.database.description_rows import descriptions
from rag.catalog.database.records import (
    DocumentRecord,
    Failure,
    JobRecord,
    JobStage,
    JobState,
    KeptVersion,
    Purge,
    VersionLabel,
    VersionRecord,
    VersionState,
)
from rag.catalog.database.tables import (
    ANSWER_VERSIONS,
    ANSWERS,
    DOCUMENTS,
    JOBS,
    PURGES,
    REMOVED_ANSWERS,
    SCOPE_STATES,
    VERSIONS,
)
from rag.types import Scope

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Record = TypeVar("_Record", bound="DataclassInstance")
_UNFINISHED = (JobState.QUEUED, JobState.RUNNING)
_PURGE_TIMES = ("index_at", "text_at", "caches_at", "original_at", "finished_at", "erased_at")


def document_records(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[DocumentRecord]:
    """Returns the documents that meet the conditions, by collection and name, in one query."""
    wanted = (
        select(DOCUMENTS).where(*conditions).order_by(DOCUMENTS.c.collection, DOCUMENTS.c.name).limit(limit).subquery()
    )
    about = [each for each in wanted.c if each.name not in {"id", "created_at"}]
    rows = connection.execute(
        select(VERSIONS, *about, wanted.c.created_at.label("document_created_at"))
        .join(wanted, wanted.c.id == VERSIONS.c.document_id)
        .order_by(wanted.c.collection, wanted.c.name, VERSIONS.c.number.desc())
    )
    records = [_document_record(list(versions)) for _, versions in groupby(rows, key=lambda row: row.document_id)]
    described = descriptions(connection, [record.document_id for record in records])
    return [
        replace(record, tags=said.tags, fields=said.fields) if (said := described.get(record.document_id)) else record
        for record in records
    ]


def _document_record(versions: Sequence[Row[Any]]) -> DocumentRecord:
    document = newest = versions[0]
    shown = next((row for row in versions if row.id == document.active_version_id), newest)
    processing = newest.state == VersionState.PROCESSING and (shown is newest or shown.sha256 != newest.sha256)
    return _filled(
        DocumentRecord,
        shown,
        scope=scope_of(document),
        title=shown.title or document.name,
        state=VersionState.PROCESSING if processing else VersionState(shown.state),
        version_id=shown.id,
        version_number=shown.number,
        warnings=tuple(shown.warnings.splitlines()),
        failure=_failure(newest),
        tags=(),
        fields=(),
        created_at=aware(document.document_created_at),
        updated_at=aware(document.updated_at),
    )


def version_record(row: Row[Any], *, active_version_id: str | None) -> VersionRecord:
    """Returns the record of a row of ``VERSIONS``."""
    return _filled(
        VersionRecord,
        row,
        version_id=row.id,
        state=VersionState(row.state),
        is_active=row.id == active_version_id,
        failure=_failure(row),
        created_at=aware(row.created_at),
    )


def job_record(row: Row[Any], *, now: datetime) -> JobRecord:
    """Returns the record of a row of ``JOBS`` as it is at ``now``; ``job_records`` adds what other rows tell."""
    return _filled(
        JobRecord,
        row,
        job_id=row.id,
        scope=scope_of(row),
        state=JobState(row.state),
        stage=JobStage(row.stage),
        remaining=_remaining(row, now),
        failure=_failure(row),
        warnings=tuple((row.warnings or "").splitlines()),
        created_at=aware(row.created_at),
        available_at=aware(row.available_at),
        started_at=_aware_or_none(row.started_at),
        finished_at=_aware_or_none(row.finished_at),
    )


def _remaining(row: Row[Any], now: datetime) -> timedelta | None:
    """Estimates the stage's remaining time from its pace in this attempt."""
    if row.state != JobState.RUNNING or row.stage_started_at is None:
        return None
    parsing = row.stage == JobStage.PARSING
    done, total = (row.pages_done, row.page_count) if parsing else (row.chunks_done, row.chunks_total)
    lately = done - row.stage_started_with
    if not total or lately <= 0:
        return None
    rest: timedelta = (now - row.stage_started_at) * ((total - done) / lately)
    return rest


def purge_record(row: Row[Any]) -> Purge:
    """Returns the record of a row of ``PURGES``."""
    times = {name: _aware_or_none(getattr(row, name)) for name in _PURGE_TIMES}
    return _filled(Purge, row, purge_id=row.id, scope=scope_of(row), **times)


def queue_versions_for_purge(
    connection: Connection, *conditions: ColumnElement[bool], now: datetime, receipt_id: str | None = None
) -> None:
    """Removes versions from the catalogue and queues a purge of all that is stored of them.

    The answers that were written from them are removed as well, with their feedback, and out of conversations.
    """
    doomed = list(connection.execute(select(VERSIONS.c.id).where(*conditions)).scalars())
    if doomed:
        request_purge(connection, VERSIONS.c.id.in_(doomed), now=now, receipt_id=receipt_id, index_only=False)
        connection.execute(delete(VERSIONS).where(VERSIONS.c.id.in_(doomed)))
        _remove_answers(connection, doomed, now=now, deleted=receipt_id is not None)
        remove_turns(connection, doomed)


def _remove_answers(connection: Connection, version_ids: Sequence[str], *, now: datetime, deleted: bool) -> None:
    """Removes the answers that were written from some versions, and notes that they are gone, and why."""
    written_from = select(ANSWER_VERSIONS.c.request_id).where(ANSWER_VERSIONS.c.version_id.in_(version_ids))
    doomed = ANSWERS.c.request_id.in_(written_from)
    kept = ("request_id", "tenant", "asked_by")
    about = select(*(ANSWERS.c[name] for name in kept), literal(deleted), literal(now)).where(doomed)
    connection.execute(insert(REMOVED_ANSWERS).from_select([*kept, "deleted", "removed_at"], about))
    connection.execute(delete(ANSWERS).where(doomed))


def request_purge(
    connection: Connection,
    *conditions: ColumnElement[bool],
    now: datetime,
    index_only: bool,
    receipt_id: str | None = None,
) -> None:
    """Queues a purge of versions: of their points only, or of all that is stored of them."""
    rows = connection.execute(
        select(VERSIONS, DOCUMENTS.c.tenant, DOCUMENTS.c.collection, DOCUMENTS.c.name)
        .join(DOCUMENTS, DOCUMENTS.c.id == VERSIONS.c.document_id)
        .where(*conditions)
    ).all()
    for row in rows:
        connection.execute(
            insert(PURGES).values(
                id=new_id(),
                receipt_id=receipt_id,
                tenant=row.tenant,
                collection=row.collection,
                document_id=row.document_id,
                version_id=row.id,
                name=row.name,
                sha256=row.sha256,
                chunk_count=row.chunk_count,
                index_only=index_only,
                requested_at=now,
            )
        )


def version_labels(connection: Connection, *conditions: ColumnElement[bool]) -> list[VersionLabel]:
    """Returns the labels of the versions that meet the conditions."""
    rows = connection.execute(
        select(VERSIONS, DOCUMENTS.c.tenant, DOCUMENTS.c.collection, DOCUMENTS.c.name)
        .join(DOCUMENTS, DOCUMENTS.c.id == VERSIONS.c.document_id)
        .where(*conditions)
    )
    return [_filled(VersionLabel, row, version_id=row.id) for row in rows]


def note_change(connection: Connection, scope: Scope) -> None:
    """Gives a scope a new state: something in it becomes visible, or invisible, with this transaction.

    Call it after locking the scope's documents: all transactions then lock in the same order, and none waits in a
    circle.
    """
    state = {"tenant": scope.tenant, "collection": scope.collection, "state": new_id()}
    insert_or_update(connection, SCOPE_STATES, state)


def end_jobs(connection: Connection, *conditions: ColumnElement[bool], now: datetime, failure: Failure) -> None:
    """Cancels unfinished jobs. A worker that runs one of them finds its fence outdated and abandons the job.

    The lease stays noted until then, because the worker may still write points: they are purged afterwards.
    """
    connection.execute(
        update(JOBS)
        .where(*conditions, JOBS.c.state.in_(_UNFINISHED))
        .values(
            state=JobState.CANCELLED,
            fence=JOBS.c.fence + 1,
            error_code=failure.code,
            error_detail=failure.detail,
            finished_at=now,
        )
    )


def next_request_number() -> ScalarSelect[int]:
    """Returns one more than the highest number. Requests for a document lock its row, so that no two get the same."""
    return select(func.coalesce(func.max(JOBS.c.request_number), 0) + 1).scalar_subquery()


def older_than(
    moment: ColumnElement[datetime], identity: ColumnElement[str], than: tuple[datetime, str]
) -> ColumnElement[bool]:
    """Returns the condition that a row comes after ``than`` in the order newest first, then highest id first."""
    time, row_id = than
    return tuple_(moment, identity) < tuple_(literal(time.astimezone(UTC).replace(tzinfo=None)), literal(row_id))


def lock_document(connection: Connection, *conditions: ColumnElement[bool]) -> Row[Any] | None:
    """Locks the document that meets the conditions until the transaction ends, and returns its row."""
    return connection.execute(select(DOCUMENTS).where(*conditions).with_for_update()).first()


def is_unfinished() -> ColumnElement[bool]:
    """Returns the condition that a job waits or runs."""
    return JOBS.c.state.in_(_UNFINISHED)


def scope_of(row: Row[Any]) -> Scope:
    """Returns the scope that a row's columns hold."""
    return Scope(tenant=row.tenant, collection=row.collection)


def in_scope(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition that a row belongs to ``scope``."""
    condition: ColumnElement[bool] = (table.c.tenant == scope.tenant) & (table.c.collection == scope.collection)
    return condition


def aware(moment: datetime) -> datetime:
    """Returns a time of the tables with its zone, UTC."""
    return moment.replace(tzinfo=UTC)


def kept_version(row: Row[Any]) -> KeptVersion:
    """Returns the record of a row of ``VERSIONS`` joined with ``DOCUMENTS``, and whether it is ``unsettled``."""
    return _filled(
        KeptVersion,
        row,
        version_id=row.id,
        scope=scope_of(row),
        state=VersionState(row.state),
        is_active=row.id == row.active_version_id,
        is_settled=not row.unsettled,
    )


def _filled(record: type[_Record], row: Row[Any], **values: object) -> _Record:
    """Makes a record of ``values``, and of the row's columns of the same names for all other fields."""
    names = {field.name for field in fields(record)} - values.keys()
    return record(**{name: getattr(row, name) for name in names}, **values)


def _aware_or_none(moment: datetime | None) -> datetime | None:
    return aware(moment) if moment else None


def _failure(row: Row[Any]) -> Failure | None:
    return Failure(code=row.error_code, detail=row.error_detail) if row.error_code else None
