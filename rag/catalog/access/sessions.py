"""The sessions of users who are logged in. A token is replaced by a new one every quarter of an hour."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from rag.access.tokens import digest_of, new_token
from rag.catalog.access.rows import SESSIONS, USERS
from rag.catalog.access.users import User, live_user
from rag.catalog.database.connection import Database, new_id
from rag.catalog.database.rows import aware
from rag.errors import UnknownSessionError

_LOG = logging.getLogger(__name__)
_ROTATED_AFTER = timedelta(minutes=15)
_OLD_TOKEN_TAKEN = timedelta(minutes=1)
"""For so long requests that were on their way, or in another tab, may still show the token before."""
_NOTED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session, as its user sees it."""

    session_id: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """The user of a session. ``new_token`` replaces the one that was shown, where it is not None."""

    user: User
    session_id: str
    expires_at: datetime
    new_token: str | None = None


class Sessions:
    """Begins, finds and ends sessions. Safe to call from several processes."""

    def __init__(self, database: Database, *, lasts: timedelta, idle: timedelta) -> None:
        self._database = database
        self._lasts = lasts
        self._idle = idle

    def begin(self, user_id: str) -> LoggedIn:
        """Begins a session, and removes those of all users that are over. Its token is ``new_token``."""
        now, token = self._database.now(), new_token()
        values = {"id": new_id(), "digest": digest_of(token), "user_id": user_id, "expires_at": now + self._lasts}
        with self._database.write() as connection:
            over = or_(SESSIONS.c.expires_at <= now, SESSIONS.c.used_at <= now - self._idle)
            connection.execute(delete(SESSIONS).where(over))
            connection.execute(insert(SESSIONS).values(**values, created_at=now, rotated_at=now, used_at=now))
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(last_login_at=now))
            user = live_user(connection, user_id)
        assert user is not None  # noqa: S101 - who called has just read it
        return LoggedIn(user=user, session_id=str(values["id"]), expires_at=aware(now + self._lasts), new_token=token)

    def find(self, token: str) -> LoggedIn | None:
        """Returns who is logged in with a token; None where it does not hold.

        A token that was replaced is taken for a short time. Later it ends the session: its thief, or its user, shows
        it, and which of them cannot be told.
        """
        digest, now = digest_of(token), self._database.now()
        with self._database.read() as connection:
            row = connection.execute(
                select(SESSIONS).where(or_(SESSIONS.c.digest == digest, SESSIONS.c.previous_digest == digest))
            ).first()
            user = None if row is None else live_user(connection, row.user_id)
        if row is None or user is None or row.expires_at <= now or row.used_at <= now - self._idle:
            return None
        found = LoggedIn(user=user, session_id=row.id, expires_at=aware(row.expires_at))
        if row.digest != digest:
            return found if self._is_on_its_way(row, now) else None
        if row.rotated_at <= now - _ROTATED_AFTER:
            return LoggedIn(user=user, session_id=row.id, expires_at=found.expires_at, new_token=self._rotate(row, now))
        if row.used_at <= now - _NOTED_AFTER:
            with self._database.write() as connection:
                connection.execute(update(SESSIONS).where(SESSIONS.c.id == row.id).values(used_at=now))
        return found

    def of(self, user_id: str) -> Sequence[Session]:
        """Returns the sessions of a user, the one used last first."""
        now = self._database.now()
        holds = (SESSIONS.c.user_id == user_id, SESSIONS.c.expires_at > now, SESSIONS.c.used_at > now - self._idle)
        with self._database.read() as connection:
            rows = connection.execute(select(SESSIONS).where(*holds).order_by(SESSIONS.c.used_at.desc()))
            return [
                Session(
                    session_id=row.id,
                    created_at=aware(row.created_at),
                    used_at=aware(row.used_at),
                    expires_at=aware(row.expires_at),
                )
                for row in rows
            ]

    def end(self, user_id: str, session_id: str) -> None:
        """Ends a session of a user.

        Raises:
            UnknownSessionError: the user has none with this id.
        """
        with self._database.write() as connection:
            ended = connection.execute(
                delete(SESSIONS).where(SESSIONS.c.user_id == user_id, SESSIONS.c.id == session_id)
            )
        if ended.rowcount == 0:
            raise UnknownSessionError(session_id)

    def end_others(self, user_id: str, *, but: str) -> None:
        """Ends all sessions of a user but one."""
        with self._database.write() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id, SESSIONS.c.id != but))

    def _is_on_its_way(self, row: Row[tuple[object, ...]], now: datetime) -> bool:
        if row.rotated_at > now - _OLD_TOKEN_TAKEN:
            return True
        with self._database.write() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.id == row.id))
        _LOG.warning("A token of a session of user %s was shown long after it was replaced: it is ended.", row.user_id)
        return False

    def _rotate(self, row: Row[tuple[object, ...]], now: datetime) -> str | None:
        """Replaces a token. None where another request has done so at the same time."""
        token = new_token()
        with self._database.write() as connection:
            return token if _replaced(connection, row, token, now) else None


def _replaced(connection: Connection, row: Row[tuple[object, ...]], token: str, now: datetime) -> bool:
    values = {"digest": digest_of(token), "previous_digest": row.digest, "rotated_at": now, "used_at": now}
    chosen = update(SESSIONS).where(SESSIONS.c.id == row.id, SESSIONS.c.digest == row.digest)
    return connection.execute(chosen.values(**values)).rowcount == 1
