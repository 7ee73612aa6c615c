"""Checks names and passwords, and slows those down who guess."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy import Connection, delete, select, update

from rag.access import passwords
from rag.catalog.access.rows import LOGIN_FAILURES as FAILURES
from rag.catalog.access.users import User, Users, folded
from rag.catalog.database.connection import Database, insert_or_update
from rag.errors import LoginFailedError, TooManyLoginsError, UnknownUserError

_FORGOTTEN_AFTER = timedelta(days=1)
_IPV6_NETWORK_BITS = 64  # what one customer of a provider has


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """After ``free`` failures each one doubles the time until the next try, up to ``most_seconds``."""

    free: int
    most_seconds: int

    def wait_seconds(self, failures: int) -> int:
        beyond = failures - self.free
        return 0 if beyond < 0 else min(2 ** min(beyond, 20), self.most_seconds)


# A guesser locks its user out for a minute at most; many users may share an address.
_ACCOUNT, _ADDRESS = _Limit(free=5, most_seconds=60), _Limit(free=20, most_seconds=900)


class Logins:
    """Checks passwords. Each failure is alike: unknown name, wrong password, no password, or not allowed."""

    def __init__(self, database: Database, users: Users) -> None:
        self._database = database
        self._users = users

    def check(self, name: str, password: str, *, address: str) -> User:
        """Returns the user of a name and a password. An empty ``address``, of a socket file, is not slowed down.

        Raises:
            LoginFailedError: they do not go together, or the user may not log in.
            TooManyLoginsError: too many tries failed before.
        """
        account, origin = _subject("account", folded(name)), _subject("address", _network(address))
        self._count((account, _ACCOUNT), *([(origin, _ADDRESS)] if address else []))
        try:
            user = self._users.named(name)
        except UnknownUserError:
            user = None
        password_hash = self._users.password_hash(user.user_id) if user else None
        has_matched = passwords.matches(password, password_hash)
        if not has_matched or user is None or user.disabled:
            raise LoginFailedError
        with self._database.write() as connection:
            connection.execute(delete(FAILURES).where(FAILURES.c.subject == account))
            _take_back(connection, origin)
        return user

    def _count(self, *tries: tuple[str, _Limit]) -> None:
        """Counts a try as a failure before it is known to be one, so that many at once count as many."""
        now = self._database.now()
        with self._database.write() as connection:
            connection.execute(delete(FAILURES).where(FAILURES.c.last_at < now - _FORGOTTEN_AFTER))
            found = {subject: _failures(connection, subject) for subject, _ in tries}
            waits = [
                limit.wait_seconds(found[subject][0]) - _seconds(now, found[subject][1]) for subject, limit in tries
            ]
            if (seconds := max(waits)) > 0:
                raise TooManyLoginsError(seconds=math.ceil(seconds))
            for subject, _ in tries:
                values = {"subject": subject, "failures": found[subject][0] + 1, "last_at": now}
                insert_or_update(connection, FAILURES, values)


def _failures(connection: Connection, subject: str) -> tuple[int, datetime | None]:
    row = connection.execute(select(FAILURES).where(FAILURES.c.subject == subject).with_for_update()).first()
    return (0, None) if row is None else (row.failures, row.last_at)


def _seconds(now: datetime, last_at: datetime | None) -> float:
    return 0.0 if last_at is None else (now - last_at).total_seconds()


def _take_back(connection: Connection, subject: str) -> None:
    """Takes back the count of a try that did not fail."""
    chosen = update(FAILURES).where(FAILURES.c.subject == subject, FAILURES.c.failures > 0)
    connection.execute(chosen.values(failures=FAILURES.c.failures - 1))


def _subject(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}\0{name}".encode()).hexdigest()


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(int(parsed) >> _IPV6_NETWORK_BITS)
    return str(parsed)
