from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from rag.catalog.database.connection import Database
from rag.catalog.trail.chain import GENESIS, EventOutcome
from rag.catalog.trail.rows import AUDIT_EVENTS, AUDIT_TEXTS
from rag.catalog.trail.trail import Trail, TrailFilter, start_event
from rag.settings import SecuritySettings, Settings, StorageSettings
from tests.support.builders.trail import MOMENT, event
from tests.support.fakes.clock import Clock

EVERYTHING = TrailFilter()
DAY_SECONDS = 86_400


def names(trail: Trail, **chosen: object) -> list[str]:
    return [row.event for row in trail.page(TrailFilter(**chosen))]  # type: ignore[arg-type]


def test_each_row_goes_on_from_the_one_before(trail: Trail, database: Database) -> None:
    trail.append([event("a"), event("b")])
    trail.append([event("c")])
    with database.read() as connection:
        rows = connection.execute(select(AUDIT_EVENTS).order_by(AUDIT_EVENTS.c.number)).all()
    assert [row.number for row in rows] == [1, 2, 3]
    assert [row.previous for row in rows] == [GENESIS, rows[0].digest, rows[1].digest]
    assert len({row.digest for row in rows}) == 3


def test_rows_are_read_newest_first_or_in_order(trail: Trail) -> None:
    trail.append([event("a"), event("b"), event("c")])
    assert names(trail) == ["c", "b", "a"]
    assert [row.event for row in trail.page(EVERYTHING, before=3, limit=1)] == ["b"]
    assert [row.event for row in trail.all(EVERYTHING)] == ["a", "b", "c"]
    [row] = trail.page(EVERYTHING, limit=1)
    assert (row.number, row.text, row.details, row.erased) == (
        3,
        {"actor": "Anna", "address": "10.0.0.1"},
        {"status": 200},
        False,
    )


def test_rows_are_chosen_by_what_they_hold(trail: Trail) -> None:
    trail.append(
        [
            event("document.read"),
            event("document.deleted", tenant="globex", target="document:d2 receipt:r1"),
            event("documents_of.many", actor_id="ben", outcome=EventOutcome.REFUSED, details={"documents": "d7 d8"}),
            event("login", at=MOMENT + timedelta(hours=1), target=""),
        ]
    )
    assert names(trail, event="document.") == ["document.deleted", "document.read"]
    assert names(trail, event="documents%") == []
    assert names(trail, tenant="globex") == ["document.deleted"]
    assert names(trail, actor_id="ben") == names(trail, outcome=EventOutcome.REFUSED) == ["documents_of.many"]
    assert names(trail, target="d2") == ["document.deleted"]
    assert names(trail, target="d8") == ["documents_of.many"]
    assert names(trail, since=MOMENT + timedelta(hours=1)) == ["login"]
    assert "login" not in names(trail, until=MOMENT + timedelta(hours=1))


def test_a_persons_text_is_erased_and_the_chain_holds(trail: Trail, database: Database) -> None:
    trail.append(
        [
            event("document.read", text={"actor": "Anna", "question": "Where is Anna's file?"}),
            event("user.invited", actor_id="ben", target="user:anna", text={"name": "Anna"}),
            event("user.invited", actor_id="ben", target="user:annabel", text={"name": "Annabel"}),
            event("document.read", tenant="globex", text={"actor": "Anna of another tenant"}),
        ]
    )
    assert trail.erase(user_id="anna", tenant="acme") == 2
    assert [row.erased for row in trail.all(EVERYTHING)] == [True, True, False, False]
    with database.read() as connection:
        texts = " ".join(connection.execute(select(AUDIT_TEXTS.c.text)).scalars())
    assert "Annabel" in texts
    assert "Where is" not in texts
    verified = trail.verify()
    assert (verified.holds, verified.erased) == (True, 2)
    assert trail.erase(tenant="globex") == 1


def test_old_days_are_removed_and_the_rest_stays_provable(trail: Trail, database: Database, clock: Clock) -> None:
    trail.append([event("first"), event("second")])
    assert trail.anchor() == 1
    assert trail.anchor() == 0
    clock.advance(DAY_SECONDS)
    trail.append([event("third")])
    assert trail.anchor() == 1
    clock.advance(9 * DAY_SECONDS)
    trail.append([event("fourth")])
    assert trail.remove_old(days=11) == 0
    assert trail.remove_old(days=10) == 2
    assert names(trail) == ["audit.pruned", "fourth", "third"]
    pruned = trail.page(EVERYTHING, limit=1)[0]
    assert pruned.details == {"through": 2, "rows": 2}
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(AUDIT_TEXTS)).scalar_one() == 2
    verified = trail.verify()
    assert (verified.holds, verified.first, verified.last) == (True, 3, 5)


def test_without_a_secret_the_chain_goes_on_unsealed(database: Database, tmp_path: Path) -> None:
    (tmp_path / "data.key").write_bytes(b"too short")
    trail = Trail.of(database, Settings(storage=StorageSettings(folder=tmp_path / "data")))
    trail.append([event()])
    trail.append([event()])
    verified = trail.verify()
    assert (verified.holds, verified.sealed, verified.rows) == (True, False, 2)
    (tmp_path / "data.key").unlink()
    trail.append([event()])
    assert names(trail) == ["document.read", "audit.seal_broken", "document.read", "document.read"]
    assert not trail.verify().holds


def test_a_file_that_cannot_be_written_leaves_the_anchor_in_the_catalogue(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anchors = tmp_path / "missing" / "anchors.jsonl"
    settings = Settings(
        storage=StorageSettings(folder=tmp_path / "data"), security=SecuritySettings(audit_anchors=anchors)
    )
    trail = Trail.of(database, settings)
    trail.append([event()])
    assert trail.anchor() == 1
    assert "in the catalogue only" in caplog.text
    assert trail.verify().anchors == 1


def test_a_start_names_the_settings_that_are_set_and_none_of_their_values(tmp_path: Path) -> None:
    storage = StorageSettings(folder=tmp_path / "secret-place", secret_key=SecretStr("a long secret"))
    event_of_start = start_event(Settings(storage=storage), at=MOMENT)
    named = str(event_of_start.details["settings"])
    assert "storage.folder" in named
    assert "storage.secret_key" in named
    assert "secret-place" not in str(event_of_start)
    others = start_event(Settings(storage=StorageSettings(folder=tmp_path / "else")), at=MOMENT)
    assert others.details["settings_digest"] != event_of_start.details["settings_digest"]
