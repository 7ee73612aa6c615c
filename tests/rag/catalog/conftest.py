from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.catalog.catalog import Catalog
from rag.catalog.database import Database
from rag.catalog.jobs import JobQueue


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "catalog.db")
    yield opened
    opened.close()


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return Catalog(database)


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database)
