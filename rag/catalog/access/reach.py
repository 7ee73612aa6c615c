"""Which documents a caller reaches, as conditions of SQL: the one place where rights of collections and documents are.

A document's own rights replace those of its collection. Without any, the users of the tenant reach it by their role.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    ScalarSelect,
    Select,
    Table,
    and_,
    false,
    func,
    or_,
    select,
)

from rag.access.grants import Level, SubjectKind
from rag.access.principal import Principal
from rag.access.roles import Right
from rag.catalog.access.rows import COLLECTION_GRANTS, DOCUMENT_GRANTS
from rag.catalog.database.tables import COLLECTIONS, DOCUMENTS, VERSIONS
from rag.errors import ConflictError, ReadOnlyError

Conditions = tuple[ColumnElement[bool], ...]
_LEVELS = {Level.READ: (Level.READ, Level.WRITE), Level.WRITE: (Level.WRITE,)}


def readable(principal: Principal | None) -> Conditions:
    """Returns conditions over ``DOCUMENTS`` that leave out what may not be read; none where all of it may.

    None stands for the command line, which reads the files themselves.
    """
    return _reach(principal, Level.READ, Right.READ)


def writable(principal: Principal) -> Conditions:
    """Returns conditions over ``DOCUMENTS`` that leave out what may not be changed."""
    return _reach(principal, Level.WRITE, Right.WRITE)


def collection_allows(principal: Principal, level: Level) -> ColumnElement[bool]:
    """Returns the condition over ``COLLECTIONS`` that its own rights, or their absence, let all of it be reached."""
    table = COLLECTION_GRANTS
    of_this = (table.c.tenant == COLLECTIONS.c.tenant) & (table.c.collection == COLLECTIONS.c.name)
    own = select(table.c.level).where(of_this).correlate(COLLECTIONS)
    return or_(~own.exists(), own.where(_gives(table, principal, level)).exists())


def shown_collections(principal: Principal) -> Conditions:
    """Returns conditions over ``COLLECTIONS``: those that a caller may read, and those with a document that it may."""
    conditions = readable(principal)
    if not conditions:
        return ()
    if Right.READ not in principal.rights:
        return (false(),)
    in_this = (DOCUMENTS.c.tenant == COLLECTIONS.c.tenant) & (DOCUMENTS.c.collection == COLLECTIONS.c.name)
    held = select(DOCUMENTS.c.id).where(in_this, *conditions).correlate(COLLECTIONS)
    return (or_(collection_allows(principal, Level.READ), held.exists()),)


def documents_counted(principal: Principal | None) -> ScalarSelect[int]:
    """Returns the number of the documents of a row of ``COLLECTIONS`` that may be read."""
    in_this = (DOCUMENTS.c.tenant == COLLECTIONS.c.tenant) & (DOCUMENTS.c.collection == COLLECTIONS.c.name)
    return select(func.count()).where(in_this, *readable(principal)).correlate(COLLECTIONS).scalar_subquery()


def readable_versions(conditions: Conditions) -> Select[tuple[str]]:
    """Selects the ids of the versions of documents that meet the conditions."""
    joined = select(VERSIONS.c.id).join(DOCUMENTS, DOCUMENTS.c.id == VERSIONS.c.document_id)
    return joined.where(*conditions).correlate(None)


def shown_jobs(jobs: FromClause, viewer: Principal | None) -> Conditions:
    """Returns conditions over jobs: of documents that may be read, and the viewer's own of documents that are gone."""
    conditions = readable(viewer)
    if viewer is None or not conditions:
        return ()
    reached = select(DOCUMENTS.c.id).where(*conditions).correlate(None)
    kept = select(DOCUMENTS.c.id).where(DOCUMENTS.c.id == jobs.c.document_id).correlate(jobs)
    is_own = (jobs.c.requested_by == viewer.user_id) & ~kept.exists()
    return (or_(jobs.c.document_id.in_(reached), is_own),)


def rests_on_readable(links: Table, request_id: ColumnElement[str], conditions: Conditions) -> Conditions:
    """Returns the condition that all versions that ``links`` gives something may be read; none without conditions."""
    if not conditions:
        return ()
    hidden = select(links.c.request_id).where(
        links.c.request_id == request_id, links.c.version_id.not_in(readable_versions(conditions))
    )
    return (~hidden.exists(),)


def refuse_unless_writable(connection: Connection, document: Row[Any], requester: Principal | None) -> None:
    """Refuses a new version of a document that the requester may not change, even if it knows of none.

    Raises:
        ReadOnlyError: the requester may read it.
        ConflictError: it may not.
    """
    if requester is None:
        return
    this = select(DOCUMENTS.c.id).where(DOCUMENTS.c.id == document.id)
    if connection.execute(this.where(*writable(requester))).first():
        return
    if connection.execute(this.where(*readable(requester))).first():
        raise ReadOnlyError(document.name)
    raise ConflictError(f"The name '{document.name}' cannot be used in '{document.collection}'. Choose another name.")


def _reach(principal: Principal | None, level: Level, right: Right) -> Conditions:
    if principal is None:
        return ()
    within = DOCUMENTS.c.tenant == principal.tenant
    if right not in principal.rights:
        return (within, false())
    if principal.sees_all:
        return ()
    on_document, on_collection = DOCUMENT_GRANTS, COLLECTION_GRANTS
    of_this = on_document.c.document_id == DOCUMENTS.c.id
    own: Select[Any] = select(on_document.c.level).where(of_this).correlate(DOCUMENTS)
    of_these = (on_collection.c.tenant == DOCUMENTS.c.tenant) & (on_collection.c.collection == DOCUMENTS.c.collection)
    inherited: Select[Any] = select(on_collection.c.level).where(of_these).correlate(DOCUMENTS)
    by_collection = or_(~inherited.exists(), inherited.where(_gives(on_collection, principal, level)).exists())
    by_itself = own.where(_gives(on_document, principal, level)).exists()
    return (within, or_(by_itself, and_(~own.exists(), by_collection)))


def _gives(table: Table, principal: Principal, level: Level) -> ColumnElement[bool]:
    to_user = (table.c.subject_kind == SubjectKind.USER) & (table.c.subject_id == principal.user_id)
    to_group = (table.c.subject_kind == SubjectKind.GROUP) & table.c.subject_id.in_(sorted(principal.group_ids))
    return table.c.level.in_(_LEVELS[level]) & or_(to_user, to_group)
