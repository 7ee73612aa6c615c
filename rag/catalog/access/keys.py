"""API keys: for programs, with rights of their own. A key is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from rag.access.principal import Principal, Via
from rag.access.roles import Right
from rag.access.tokens import digest_of, is_key, new_key, shown_start
from rag.catalog.access.rows import API_KEYS
from rag.catalog.access.users import live_user
from rag.catalog.database.connection import Database, new_id
from rag.catalog.database.rows import aware
from rag.errors import UnknownKeyError

_NOTED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret. ``start`` are its first characters."""

    key_id: str
    user_id: str
    name: str
    start: str
    rights: frozenset[Right]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeys:
    """Makes, finds, replaces and revokes keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, user_id: str, name: str, *, rights: Iterable[Right], lasts: timedelta | None = None
    ) -> tuple[ApiKey, str]:
        """Makes a key that holds for ``lasts``, or for good. Returns it, and its secret."""
        key, now = new_key(), self._database.now()
        values = {
            "id": new_id(),
            "user_id": user_id,
            "name": name,
            "start": shown_start(key),
            "digest": digest_of(key),
            "rights": " ".join(sorted(set(rights))),
            "created_at": now,
            "expires_at": lasts and now + lasts,
        }
        with self._database.write() as connection:
            connection.execute(insert(API_KEYS).values(**values))
        return self.get(user_id, str(values["id"])), key

    def find(self, key: str) -> Principal | None:
        """Returns who calls with a key; None where it does not hold.

        It holds until it expires or is revoked, and while its user may log in. A hash of it is looked up, so that the
        time tells nothing of keys that are nearly the same.
        """
        if not is_key(key):
            return None
        now = self._database.now()
        with self._database.read() as connection:
            row = connection.execute(select(API_KEYS).where(API_KEYS.c.digest == digest_of(key))).first()
            if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
                return None
            user = live_user(connection, row.user_id)
        if user is None:
            return None
        if row.last_used_at is None or row.last_used_at <= now - _NOTED_AFTER:
            with self._database.write() as connection:
                connection.execute(update(API_KEYS).where(API_KEYS.c.id == row.id).values(last_used_at=now))
        return user.principal(Via.KEY, only=_rights(row))

    def of(self, user_id: str | None = None) -> Sequence[ApiKey]:
        """Returns the keys of a user, or of all, the newest first. Those that were revoked are among them."""
        wanted = select(API_KEYS).order_by(API_KEYS.c.created_at.desc(), API_KEYS.c.id)
        if user_id is not None:
            wanted = wanted.where(API_KEYS.c.user_id == user_id)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(wanted)]

    def get(self, user_id: str | None, key_id: str) -> ApiKey:
        """Returns a key of a user, or with None of any.

        Raises:
            UnknownKeyError: the user has none with this id.
        """
        found = next((key for key in self.of(user_id) if key.key_id == key_id), None)
        if found is None:
            raise UnknownKeyError(key_id)
        return found

    def revoke(self, user_id: str | None, key_id: str) -> ApiKey:
        """Revokes a key: from now on it does not hold.

        Raises:
            UnknownKeyError: the user has none with this id.
        """
        found = self.get(user_id, key_id)
        with self._database.write() as connection:
            chosen = update(API_KEYS).where(API_KEYS.c.id == key_id, API_KEYS.c.revoked_at.is_(None))
            connection.execute(chosen.values(revoked_at=self._database.now()))
        return self.get(found.user_id, key_id)

    def rotate(self, user_id: str | None, key_id: str, *, overlap: timedelta) -> tuple[ApiKey, str]:
        """Makes a key of the same name, rights and time; the old one holds for ``overlap`` more. Returns the new one.

        Raises:
            UnknownKeyError: the user has none with this id, or it does not hold any more.
        """
        old, now = self.get(user_id, key_id), self._database.now()
        is_over = old.expires_at is not None and old.expires_at <= aware(now)
        if old.revoked_at is not None or is_over:
            raise UnknownKeyError(key_id)
        lasts = None if old.expires_at is None else old.expires_at - old.created_at
        made = self.add(old.user_id, old.name, rights=old.rights, lasts=lasts)
        ends = now + overlap if old.expires_at is None else min(now + overlap, old.expires_at.replace(tzinfo=None))
        with self._database.write() as connection:
            connection.execute(update(API_KEYS).where(API_KEYS.c.id == key_id).values(expires_at=ends))
        return made


def _rights(row: Row[Any]) -> frozenset[Right]:
    return frozenset(map(Right, row.rights.split()))


def _record(row: Row[Any]) -> ApiKey:
    times = {name: getattr(row, name) for name in ("created_at", "expires_at", "last_used_at", "revoked_at")}
    return ApiKey(
        key_id=row.id,
        user_id=row.user_id,
        name=row.name,
        start=row.start,
        rights=_rights(row),
        **{name: at and aware(at) for name, at in times.items()},
    )
