"""The catalogue's tests run on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from rag.catalog.database.connection import Database
from tests.support.builders.register import Register
from tests.support.fakes.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def database_location(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A place for an empty catalogue."""
    if request.param == "sqlite":
        return tmp_path / "catalog.db"
    url = str(request.getfixturevalue("postgres_url"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture
def database(database_location: Path | str, clock: Clock, migrated_catalogue: Path) -> Iterator[Database]:
    if isinstance(database_location, Path):
        shutil.copyfile(migrated_catalogue, database_location)
    opened = Database.open(database_location, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def register(database: Database) -> Register:
    return Register(database)
