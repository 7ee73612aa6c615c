from pathlib import Path

import pytest

from rag.catalog.database.connection import Database
from rag.catalog.trail.trail import Trail
from rag.settings import SecuritySettings, Settings, StorageSettings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        storage=StorageSettings(folder=tmp_path / "data"),
        security=SecuritySettings(audit_anchors=tmp_path / "anchors.jsonl"),
    )


@pytest.fixture
def trail(database: Database, settings: Settings) -> Trail:
    return Trail.of(database, settings)
