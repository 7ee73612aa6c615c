from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.catalog.database.connection import Database


@pytest.fixture
def database(catalogue_file: Path) -> Iterator[Database]:
    opened = Database.open(catalogue_file)
    yield opened
    opened.close()
