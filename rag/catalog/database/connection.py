"""Opens the catalogue's database and brings its tables up to date.

It is PostgreSQL, or SQLite with every commit on disk before it returns.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, literal, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from rag.catalog.database.tables import SCHEMA_REVISION
from rag.errors import CatalogDamagedError, CatalogUnavailableError, ConfigurationError, StorageFullError

_BUSY_SECONDS = 30
_POOL_SIZE = 20
_MIGRATION_LOCK = 0x63697465  # an arbitrary number: the lock lets one process at a time migrate a PostgreSQL database
MIGRATIONS_FOLDER = Path(__file__).parents[1] / "migrations"
_REVISION_TABLE = "alembic_version"
_FIRST_REVISION = "0001"
_FULL = ("database or disk is full", "No space left on device")


def utc_now() -> datetime:
    """Returns the time in UTC, naive, as the tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Database:
    """Opens connections to read, and transactions to write.

    Leases are dated by ``clock``: machines that share a PostgreSQL catalogue need clocks that agree to a few seconds.
    The fence keeps a late worker out, not the clock.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self.now = clock

    @classmethod
    def open(cls, location: Path | str, *, clock: Callable[[], datetime] = utc_now) -> Database:
        """Opens a SQLite file by its path, or a PostgreSQL database by its URL, and brings its tables up to date.

        Raises:
            ConfigurationError: the URL is wrong, or a newer Citewell made the tables.
            CatalogDamagedError: the file is damaged, or another program's.
            CatalogUnavailableError: the server does not answer, or the file cannot be opened.
        """
        database = cls(_engine(location), clock=clock)
        try:
            if isinstance(location, Path) and location.exists():
                _refuse_damaged(database, location)
            with database.write() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                bring_up_to_date(connection)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Opens a connection that sees what is committed and never waits for a writer."""
        with _translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Opens one transaction.

        On SQLite it takes the write lock at once, so that it cannot fail half-way for lack of it. On PostgreSQL the
        statements lock rows, always a document before its jobs and those before a blob.
        """
        with _translated(), self._engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def save_copy(self, path: Path) -> None:
        """Writes a consistent copy of a SQLite catalogue to ``path``; reading and writing go on.

        Raises:
            ConfigurationError: the catalogue is PostgreSQL, which has its own backup tools.
        """
        if self._engine.dialect.name != "sqlite":
            raise ConfigurationError("The catalogue is in PostgreSQL: back it up with pg_dump.")
        with _translated(), self._engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(path),))

    def erase_deleted(self) -> None:
        """Removes the bytes of deleted rows from SQLite's files; PostgreSQL's vacuum does that by itself.

        SQLite overwrites them (``secure_delete``), but its write-ahead log keeps a copy until it is truncated.

        Raises:
            CatalogUnavailableError: a reader keeps the log busy.
        """
        if self._engine.dialect.name != "sqlite":
            return
        with _translated(), self._engine.connect() as connection:
            busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            raise CatalogUnavailableError("its log is being read, and cannot be emptied")

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()


def insert_if_absent(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts a row unless one with the same primary or unique key exists. Returns whether it inserted."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(literal(1))
    return connection.execute(statement).first() is not None


def insert_or_update(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Inserts a row, or updates the one with its primary key; the row is locked until the transaction ends."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values)
    keys = [column.name for column in table.primary_key]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(values)))


def new_id() -> str:
    """Returns a random id of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def _engine(location: Path | str) -> Engine:
    if isinstance(location, Path):
        engine = create_engine(
            f"sqlite:///{location}", connect_args={"timeout": _BUSY_SECONDS}, pool_size=_POOL_SIZE, max_overflow=-1
        )
        event.listen(engine, "connect", _configure_sqlite)
        return engine
    try:
        url = make_url(location)
        if url.get_backend_name() != "postgresql":
            raise ConfigurationError("The catalogue's URL must begin with postgresql://. Without one it is SQLite.")
        return create_engine(
            url.set(drivername="postgresql+psycopg"), pool_size=_POOL_SIZE, max_overflow=_POOL_SIZE, pool_pre_ping=True
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError(f"CITEWELL_STORAGE__CATALOG_URL is no database URL: {error}.") from error
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "PostgreSQL needs its driver. Install it: pip install 'citewell[postgres]'."
        ) from error


def _refuse_damaged(database: Database, path: Path) -> None:
    """Checks the whole file before anything is written to it.

    Raises:
        CatalogDamagedError: it is damaged, or it belongs to another program.
    """
    try:
        with database.read() as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
            tables = inspect(connection).get_table_names()
    except CatalogUnavailableError as error:
        if isinstance(error.__cause__, OperationalError):  # it is locked, or cannot be opened
            raise
        raise CatalogDamagedError(str(path), str(getattr(error.__cause__, "orig", error))) from error
    if found != "ok":
        raise CatalogDamagedError(str(path), found.replace("\n", " "))
    if tables and "documents" not in tables:
        raise CatalogDamagedError(str(path), "it is a database of another program")


def bring_up_to_date(connection: Connection) -> None:
    """Runs the missing migrations inside the transaction of ``connection``.

    Raises:
        ConfigurationError: a newer Citewell made this database.
    """
    found = _revision(connection)
    if found == SCHEMA_REVISION:
        return
    if found is not None and found > SCHEMA_REVISION:
        raise ConfigurationError(
            f"The catalogue was made by a newer Citewell (schema {found}; this one knows {SCHEMA_REVISION}). "
            "Install the newer one, or restore a backup made by this one."
        )
    from alembic import command  # noqa: PLC0415 - a tenth of a second that a start without migrations need not wait
    from alembic.config import Config  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    if found is None and inspect(connection).has_table("documents"):
        command.stamp(config, _FIRST_REVISION)  # version 0.1.0 made tables without noting a revision
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_REVISION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_REVISION_TABLE}")).scalar()  # noqa: S608 - a constant


def _configure_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
    connection.isolation_level = None  # transactions begin where Database.write says
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own lowers ASCII only; PostgreSQL's lowers all letters.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise  # a bug in Citewell, not the database's state
    except (DBAPIError, PoolTimeoutError) as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        if any(mark in reason for mark in _FULL):
            raise StorageFullError(reason) from error
        raise CatalogUnavailableError(reason) from error
