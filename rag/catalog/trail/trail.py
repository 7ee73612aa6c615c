"""The audit trail: appends events to the chain, reads them, and removes what is too old or has to be forgotten."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, literal, or_, select

from rag.catalog.database.connection import Database, insert_or_update
from rag.catalog.database.rows import aware
from rag.catalog.endpoints.sealing import Seal
from rag.catalog.trail.anchors import HEAD, PRUNED, Anchor, AnchorFile, anchor_file, anchors_in, is_day, sealed
from rag.catalog.trail.chain import (
    GENESIS,
    Event,
    EventOutcome,
    TrailRow,
    canonical,
    digest_of_row,
    digest_of_text,
    safe_text,
)
from rag.catalog.trail.rows import AUDIT_ANCHORS, AUDIT_EVENTS, AUDIT_TEXTS
from rag.catalog.trail.verification import SEAL_BROKEN, Verification, verify
from rag.errors import UnusableFolderError
from rag.settings import Settings

_LOG = logging.getLogger(__name__)
_LOCK = 0x7472616C  # an arbitrary number: on PostgreSQL one transaction at a time appends
_SALT_BYTES = 16
_BATCH = 1_000
_SERVICE = "service"
COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which rows are wanted. ``event`` is the beginning of a name, ``target`` one of the ids."""

    tenant: str | None = None
    actor_id: str | None = None
    event: str = ""
    outcome: EventOutcome | None = None
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Trail:
    """Appends to the audit trail and reads it. Safe to call from several processes."""

    def __init__(self, database: Database, seal: Seal, file: AnchorFile) -> None:
        self._database = database
        self._seal = seal
        self._file = file
        self.now = database.now

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Trail:
        """Returns the trail of an installation."""
        file = settings.security.audit_anchors or anchor_file(settings.storage.folder)
        return cls(database, Seal(settings.storage), AnchorFile(file))

    def append(self, events: Sequence[Event]) -> None:
        """Appends events in one transaction.

        Raises:
            CatalogUnavailableError: the catalogue does not answer.
        """
        with self._database.write() as connection:
            self._append(connection, events)

    def own_event(
        self,
        event: str,
        *,
        via: str = COMMAND,
        target: str = "",
        details: Mapping[str, str | int] | None = None,
        text: Mapping[str, str] | None = None,
    ) -> Event:
        """Returns an event of now that is no tenant's: of a command on the service's machine, or of the service."""
        return Event(
            at=self.now(),
            tenant="",
            actor_id="",
            via=via,
            event=event,
            outcome=EventOutcome.DONE,
            target=target,
            details=details or {},
            text=text or {},
        )

    def page(self, chosen: TrailFilter, *, before: int | None = None, limit: int = 100) -> list[TrailRow]:
        """Returns rows, the newest first, beginning before a number."""
        wanted = _joined(chosen).order_by(AUDIT_EVENTS.c.number.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(AUDIT_EVENTS.c.number < before)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(wanted)]

    def all(self, chosen: TrailFilter) -> Iterator[TrailRow]:
        """Yields rows in the order in which they were appended, some at a time."""
        last = 0
        while True:
            wanted = _joined(chosen).where(AUDIT_EVENTS.c.number > last).order_by(AUDIT_EVENTS.c.number)
            with self._database.read() as connection:
                rows = [_record(row) for row in connection.execute(wanted.limit(_BATCH))]
            yield from rows
            if len(rows) < _BATCH:
                return
            last = rows[-1].number

    def anchor(self) -> int:
        """Notes, once a day, the digest of the last row: sealed, and in a file outside the catalogue too.

        Returns how many anchors were made: none or one.
        """
        name = self.now().date().isoformat()
        with self._database.write() as connection:
            _lock(connection)
            held = anchors_in(connection)
            if name in held or HEAD not in held:
                return 0
            head = held[HEAD]
            made = sealed(self._seal, name=name, number=head.number, digest=head.digest, at=self.now())
            insert_or_update(connection, AUDIT_ANCHORS, made.values)
        if not made.seal:
            _LOG.warning("the audit trail is not sealed: the file %s cannot be used", self._seal.file)
        try:
            self._file.append(made)
        except UnusableFolderError as error:
            _LOG.warning("the audit trail's anchor of %s is in the catalogue only: %s", name, error)
        return 1

    def remove_old(self, *, days: int, via: str = _SERVICE) -> int:
        """Removes whole days that are older than ``days``, and seals where the chain goes on. Returns how many rows.

        A row is removed when an anchor that old covers it.
        """
        with self._database.write() as connection:
            _lock(connection)
            limit = self.now() - timedelta(days=days)
            anchors = anchors_in(connection).values()
            old = [each for each in anchors if is_day(each.name) and each.made_at <= limit]
            last = max(old, key=lambda each: each.number, default=None)
            gone = 0 if last is None else _delete(connection, AUDIT_EVENTS.c.number <= last.number)
            if last is None or not gone:
                return 0
            names = [each.name for each in old]
            connection.execute(delete(AUDIT_ANCHORS).where(AUDIT_ANCHORS.c.name.in_(names)))
            start = sealed(self._seal, name=PRUNED, number=last.number, digest=last.digest, at=self.now())
            insert_or_update(connection, AUDIT_ANCHORS, start.values)
            self._append(
                connection, [self.own_event("audit.pruned", via=via, details={"through": last.number, "rows": gone})]
            )
            return gone

    def verify(self) -> Verification:
        """Compares rows, texts, anchors and the file of anchors.

        Raises:
            CatalogUnavailableError: the catalogue does not answer.
            UnusableFolderError: the file of anchors cannot be read.
        """
        return verify(self._database, self._seal, self._file)

    def erase(self, *, user_id: str | None = None, tenant: str | None = None) -> int:
        """Removes the texts of what a user did and of what was done to that user, or those of a tenant.

        The rows stay, without names, addresses and questions. Returns how many texts were removed.
        """
        of_user = or_(AUDIT_EVENTS.c.actor_id == user_id, _aims_at(f"user:{user_id}"))
        chosen = [] if user_id is None else [of_user]
        chosen += [] if tenant is None else [AUDIT_EVENTS.c.tenant == tenant]
        assert chosen  # noqa: S101 - everything is not meant by nothing
        numbers = select(AUDIT_EVENTS.c.number).where(*chosen)
        with self._database.write() as connection:
            return int(connection.execute(delete(AUDIT_TEXTS).where(AUDIT_TEXTS.c.number.in_(numbers))).rowcount)

    def _append(self, connection: Connection, events: Sequence[Event]) -> None:
        _lock(connection)
        number, digest, sound = self._head(connection)
        if not sound:
            _LOG.error("the seal of the audit trail's row %d does not hold; 'citewell audit verify' says more", number)
            events = [self.own_event(SEAL_BROKEN, via=_SERVICE, details={"number": number}), *events]
        for event in events:
            number += 1
            digest = _insert(connection, event, number=number, previous=digest)
        head = sealed(self._seal, name=HEAD, number=number, digest=digest, at=self.now())
        insert_or_update(connection, AUDIT_ANCHORS, head.values)

    def _head(self, connection: Connection) -> tuple[int, str, bool]:
        """Returns the number and digest after which the chain goes on, and whether their seal holds."""
        held = connection.execute(select(AUDIT_ANCHORS).where(AUDIT_ANCHORS.c.name == HEAD)).first()
        if held is not None:
            head = Anchor.of(held)
            return head.number, head.digest, head.holds(self._seal)
        newest = select(AUDIT_EVENTS.c.number, AUDIT_EVENTS.c.digest).order_by(AUDIT_EVENTS.c.number.desc())
        last = connection.execute(newest.limit(1)).first()
        return (0, GENESIS, True) if last is None else (last.number, last.digest, False)


def start_event(settings: Settings, *, at: datetime) -> Event:
    """Returns the event of a start: the version, the settings that are set, by name, and a digest of all values."""
    dumped = settings.model_dump(exclude_defaults=True).items()
    names = [f"{section}.{name}" for section, values in dumped if isinstance(values, dict) for name in values]
    digest = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()  # secrets are masked in it
    return Event(
        at=at,
        tenant="",
        actor_id="",
        via=_SERVICE,
        event="service.started",
        outcome=EventOutcome.DONE,
        details={"version": version("citewell"), "settings": " ".join(sorted(names)), "settings_digest": digest},
    )


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _insert(connection: Connection, event: Event, *, number: int, previous: str) -> str:
    """Inserts a row and its text. Returns the row's digest."""
    row: dict[str, Any] = {
        name: getattr(event, name) for name in ("at", "tenant", "actor_id", "via", "event", "outcome", "target")
    }
    row |= {"number": number, "previous": previous, "details": canonical(event.details), "text_digest": ""}
    text = safe_text(event.text)
    if text != "{}":
        salt = secrets.token_hex(_SALT_BYTES)
        row["text_digest"] = digest_of_text(salt, text)
        insert_or_update(connection, AUDIT_TEXTS, {"number": number, "salt": salt, "text": text})
    row["digest"] = digest_of_row(row)
    connection.execute(insert(AUDIT_EVENTS).values(**row))
    return str(row["digest"])


def _delete(connection: Connection, condition: ColumnElement[bool]) -> int:
    numbers = select(AUDIT_EVENTS.c.number).where(condition)
    connection.execute(delete(AUDIT_TEXTS).where(AUDIT_TEXTS.c.number.in_(numbers)))
    return int(connection.execute(delete(AUDIT_EVENTS).where(condition)).rowcount)


def _aims_at(target: str) -> ColumnElement[bool]:
    """Returns the condition that one of the targets is this one."""
    spaced = literal(" ") + AUDIT_EVENTS.c.target + literal(" ")
    return spaced.contains(f" {target} ", autoescape=True)


def _joined(chosen: TrailFilter) -> Select[Any]:
    event = AUDIT_EVENTS.c
    named = {"tenant": chosen.tenant, "actor_id": chosen.actor_id, "outcome": chosen.outcome}
    conditions = [event[name] == value for name, value in named.items() if value is not None]
    conditions += [event.event.startswith(chosen.event, autoescape=True)] if chosen.event else []
    if chosen.target:  # a change of several documents holds their ids in its details
        conditions.append(
            or_(*(event[name].contains(chosen.target, autoescape=True) for name in ("target", "details")))
        )
    conditions += [event.at >= chosen.since] if chosen.since else []
    conditions += [event.at < chosen.until] if chosen.until else []
    texts = AUDIT_EVENTS.outerjoin(AUDIT_TEXTS, AUDIT_TEXTS.c.number == event.number)
    return select(AUDIT_EVENTS, AUDIT_TEXTS.c.text).select_from(texts).where(*conditions)


def _record(row: Row[Any]) -> TrailRow:
    plain = ("number", "tenant", "actor_id", "via", "event", "target", "digest")
    return TrailRow(
        **{name: getattr(row, name) for name in plain},
        at=aware(row.at),
        outcome=EventOutcome(row.outcome),
        details=json.loads(row.details),
        text=json.loads(row.text) if row.text is not None else {},
        erased=bool(row.text_digest) and row.text is None,
    )
