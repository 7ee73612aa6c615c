import sys
from pathlib import Path

import pytest

from api.commands.people.opening import people_here
from ingest.opening import open_catalogue
from rag.catalog.trail.trail import Trail, TrailFilter
from rag.settings import load_settings


def test_a_command_leaves_an_event_with_its_words_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "argv", ["citewell", "keys", "revoke", "ck_0123456789"])
    with people_here():
        pass
    with open_catalogue(load_settings()) as database:
        [row] = Trail.of(database, load_settings()).page(TrailFilter())
    assert (row.event, row.via, row.text) == ("keys.revoke", "command", {"arguments": "ck_…"})
