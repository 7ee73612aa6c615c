from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.catalog.database.connection import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "catalog.db")
    yield opened
    opened.close()
