"""Keeps the rights of collections and documents, and explains what they come to for one user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select

from rag.access.grants import Grant, Level, SubjectKind
from rag.access.principal import Principal, Via
from rag.access.roles import Right, TenantRole, rights_of
from rag.catalog.access.reach import readable, writable
from rag.catalog.access.rows import COLLECTION_GRANTS, DOCUMENT_GRANTS, GROUP_MEMBERS, GROUPS, USERS
from rag.catalog.database.connection import Database
from rag.catalog.database.rows import lock_document, note_change, scope_of
from rag.catalog.database.tables import COLLECTIONS, DOCUMENTS
from rag.errors import UnknownCollectionError, UnknownDocumentError, UnknownSubjectError
from rag.types import Scope

Named = Sequence[tuple[SubjectKind, str, Level]]
"""Rights as people write them: of a user or a group, by name."""


class Basis(StrEnum):
    """What decides whether a user may read a document."""

    OWNER = "owner"
    NO_ROLE = "no_role"
    DISABLED = "disabled"
    DOCUMENT = "document"
    COLLECTION = "collection"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The rights of a document: its own, and those of its collection, which hold where it has none."""

    own: tuple[Grant, ...]
    inherited: tuple[Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a user may read or write a document, or not. ``deciding`` are the grants to the user that were found."""

    user_id: str
    user: str
    document_id: str
    document: str
    collection: str
    may_read: bool
    may_write: bool
    basis: Basis
    roles: tuple[TenantRole, ...]
    deciding: tuple[Grant, ...]


class Grants:
    """Stores rights of collections and documents. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_collection(self, scope: Scope) -> tuple[Grant, ...]:
        """Returns the rights of a collection, groups first, by name; none where all users of the tenant reach it."""
        with self._database.read() as connection:
            return _grants(connection, COLLECTION_GRANTS, *_of_scope(scope))

    def of_document(self, tenant: str, document_id: str) -> Rights:
        """Returns the rights of a document.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
        """
        with self._database.read() as connection:
            known = DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant
            row = connection.execute(select(DOCUMENTS).where(*known)).first()
            if row is None:
                raise UnknownDocumentError(document_id)
            own = _grants(connection, DOCUMENT_GRANTS, DOCUMENT_GRANTS.c.document_id == document_id)
            return Rights(own=own, inherited=_grants(connection, COLLECTION_GRANTS, *_of_scope(scope_of(row))))

    def set_collection(self, scope: Scope, named: Named) -> tuple[Grant, ...]:
        """Replaces the rights of a collection; none open it to all users of the tenant.

        Raises:
            UnknownCollectionError: there is none of this name.
            UnknownSubjectError: there is no such user or group.
        """
        with self._database.write() as connection:
            this = (COLLECTIONS.c.tenant == scope.tenant, COLLECTIONS.c.name == scope.collection)
            if connection.execute(select(COLLECTIONS).where(*this).with_for_update()).first() is None:
                raise UnknownCollectionError(scope.collection, [])
            subjects = _subjects(connection, scope.tenant, named)
            connection.execute(delete(COLLECTION_GRANTS).where(*_of_scope(scope)))
            _insert(connection, COLLECTION_GRANTS, subjects, tenant=scope.tenant, collection=scope.collection)
            note_change(connection, scope)
            return _grants(connection, COLLECTION_GRANTS, *_of_scope(scope))

    def set_document(self, tenant: str, document_id: str, named: Named) -> tuple[Grant, ...]:
        """Replaces the rights of a document; without any it has those of its collection.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
            UnknownSubjectError: there is no such user or group.
        """
        own = DOCUMENT_GRANTS.c.document_id == document_id
        with self._database.write() as connection:
            document = lock_document(connection, DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant)
            if document is None:
                raise UnknownDocumentError(document_id)
            subjects = _subjects(connection, tenant, named)
            connection.execute(delete(DOCUMENT_GRANTS).where(own))
            _insert(connection, DOCUMENT_GRANTS, subjects, document_id=document_id)
            note_change(connection, scope_of(document))
            return _grants(connection, DOCUMENT_GRANTS, own)

    def explain(self, tenant: str, user: str, document_id: str) -> Explanation:
        """Returns what a user's role and rights come to for a document, by the conditions that every read is under.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
            UnknownSubjectError: there is no such user.
        """
        rights = self.of_document(tenant, document_id)
        with self._database.read() as connection:
            person, is_disabled = _person(connection, tenant, user)
            this = select(DOCUMENTS).where(DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant)
            document = connection.execute(this).first()
            if document is None:
                raise UnknownDocumentError(document_id)
            may_read = connection.execute(this.where(*readable(person))).first() is not None
            may_write = connection.execute(this.where(*writable(person))).first() is not None
        basis = Basis.DISABLED if is_disabled else _basis(person, rights)
        of_rights = rights.own or rights.inherited
        return Explanation(
            user_id=person.user_id,
            user=person.name,
            document_id=document_id,
            document=document.name,
            collection=document.collection,
            may_read=may_read and not is_disabled,
            may_write=may_write and not is_disabled and Right.WRITE in person.rights,
            basis=basis,
            roles=tuple(sorted(person.roles)),
            deciding=tuple(each for each in of_rights if each.subject_id in {person.user_id, *person.group_ids}),
        )


def copy_grants(connection: Connection, source: Scope, target: Scope) -> None:
    """Gives a collection the rights of another one, as a part of its renaming."""
    kept = connection.execute(select(COLLECTION_GRANTS).where(*_of_scope(source))).mappings().all()
    if kept:
        connection.execute(insert(COLLECTION_GRANTS), [{**row, "collection": target.collection} for row in kept])


def _basis(person: Principal, rights: Rights) -> Basis:
    if Right.READ not in person.rights:
        return Basis.NO_ROLE
    if person.sees_all:
        return Basis.OWNER
    return Basis.DOCUMENT if rights.own else Basis.COLLECTION if rights.inherited else Basis.OPEN


def _person(connection: Connection, tenant: str, name: str) -> tuple[Principal, bool]:
    """Returns the principal that a user is when logged in, and whether the user is disabled."""
    known = USERS.c.tenant == tenant, USERS.c.folded == name.casefold()
    row = connection.execute(select(USERS).where(*known)).first()
    if row is None:
        raise UnknownSubjectError(SubjectKind.USER, name)
    groups = select(GROUP_MEMBERS.c.group_id).where(GROUP_MEMBERS.c.user_id == row.id)
    roles = frozenset(map(TenantRole, row.roles.split()))
    person = Principal(
        tenant=tenant,
        user_id=row.id,
        name=row.name,
        roles=roles,
        rights=rights_of(roles),
        group_ids=frozenset(connection.execute(groups).scalars()),
        via=Via.SESSION,
    )
    return person, bool(row.disabled)


def _subjects(connection: Connection, tenant: str, named: Named) -> list[Grant]:
    """Returns the grants with the ids of their users and groups; the higher level counts where one comes twice."""
    found: dict[tuple[SubjectKind, str], Grant] = {}
    for kind, name, level in named:
        if kind is SubjectKind.USER:
            wanted = select(USERS.c.id).where(USERS.c.tenant == tenant, USERS.c.folded == name.casefold())
        else:
            wanted = select(GROUPS.c.id).where(GROUPS.c.tenant == tenant, GROUPS.c.name == name)
        subject_id = connection.execute(wanted).scalar()
        if subject_id is None:
            raise UnknownSubjectError(kind, name)
        grant = Grant(kind=kind, subject_id=subject_id, name=name, level=level)
        earlier = found.get((kind, subject_id))
        found[kind, subject_id] = grant if earlier is None or level is Level.WRITE else replace(earlier, name=name)
    return list(found.values())


def _insert(connection: Connection, table: Table, grants: Iterable[Grant], **of_what: str) -> None:
    rows = [
        {**of_what, "subject_kind": each.kind, "subject_id": each.subject_id, "level": each.level} for each in grants
    ]
    if rows:
        connection.execute(insert(table), rows)


def _grants(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> tuple[Grant, ...]:
    joined = table.outerjoin(USERS, USERS.c.id == table.c.subject_id).outerjoin(
        GROUPS, GROUPS.c.id == table.c.subject_id
    )
    wanted = select(table, USERS.c.name.label("user"), GROUPS.c.name.label("group")).select_from(joined)
    found = [
        Grant(
            kind=SubjectKind(row.subject_kind),
            subject_id=row.subject_id,
            name=row.user if row.subject_kind == SubjectKind.USER else row.group,
            level=Level(row.level),
        )
        for row in connection.execute(wanted.where(*conditions))
    ]
    return tuple(sorted(found, key=lambda grant: (grant.kind, grant.name or "", grant.subject_id)))


def _of_scope(scope: Scope) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    table = COLLECTION_GRANTS
    return table.c.tenant == scope.tenant, table.c.collection == scope.collection
