"""Opens the catalogue's database: SQLite, write-ahead log, every commit on disk before it returns."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from rag.catalog.tables import METADATA

_BUSY_TIMEOUT_SECONDS = 30


class Database:
    """Hands out connections: to read from, or to change something in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> Database:
        """Opens the file, and creates file and tables where there are none."""
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", _configure)
        METADATA.create_all(engine)
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees what is committed and never waits for a writer."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction. It takes the write lock at once, so that it cannot fail half-way for lack of it."""
        with self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


def new_id() -> str:
    """Returns a random id of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def now() -> datetime:
    """Returns the time in UTC, naive, as the tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def _configure(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
    connection.isolation_level = None  # transactions begin where Database.write says
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
