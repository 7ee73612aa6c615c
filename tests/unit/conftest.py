"""An empty catalogue is copied, not made: running the migrations takes far longer than most tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag.catalog.database.connection import Database


@pytest.fixture(scope="session")
def migrated_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file of a catalogue that holds nothing yet. Tests copy it."""
    path = tmp_path_factory.mktemp("catalogue") / "catalog.db"
    Database.open(path).close()
    return path


@pytest.fixture
def catalogue_file(migrated_catalogue: Path, tmp_path: Path) -> Path:
    """A catalogue of the test's own that holds nothing yet."""
    return Path(shutil.copyfile(migrated_catalogue, tmp_path / "catalog.db"))
