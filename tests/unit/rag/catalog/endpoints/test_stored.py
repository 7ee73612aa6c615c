from pathlib import Path

import pytest
from pydantic import SecretStr

from rag.catalog.database.connection import Database
from rag.catalog.endpoints.sealing import Seal
from rag.catalog.endpoints.stored import StoredEndpoints
from rag.errors import ConflictError, SealedKeyError, UnknownEndpointError
from rag.settings import EndpointSettings, StorageSettings
from tests.support.fakes.clock import Clock

LOCAL = EndpointSettings(name="local", url="http://127.0.0.1:11434/v1", model="qwen")
HOSTED = EndpointSettings(
    name="hosted",
    url="https://llm.example.org/v1",
    api_key=SecretStr("sk-secret"),
    model="large",
    prompt_price=2.5,
    completion_price=10,
    currency="EUR",
)


@pytest.fixture
def stored(database: Database, tmp_path: Path) -> StoredEndpoints:
    return StoredEndpoints(database, Seal(StorageSettings(folder=tmp_path / "data")))


def test_what_is_added_becomes_settings_again_in_the_order_of_adding(stored: StoredEndpoints, clock: Clock) -> None:
    for each in (LOCAL, HOSTED):
        stored.add(each, enabled=True)
        clock.advance(1)
    assert stored.usable() == (LOCAL, HOSTED)
    assert [each.name for each in stored.all()] == ["local", "hosted"]
    assert "sk-secret" not in str(stored.all())


def test_one_that_is_not_enabled_is_kept_and_not_used(stored: StoredEndpoints) -> None:
    added = stored.add(HOSTED, enabled=False)
    assert stored.usable() == ()
    assert stored.settings_of(added) == HOSTED


def test_a_name_is_given_once(stored: StoredEndpoints) -> None:
    local, hosted = stored.add(LOCAL, enabled=True), stored.add(HOSTED, enabled=True)
    with pytest.raises(ConflictError, match="local"):
        stored.add(LOCAL, enabled=True)
    with pytest.raises(ConflictError, match="local"):
        stored.replace(hosted.endpoint_id, LOCAL, enabled=True)
    assert stored.replace(local.endpoint_id, LOCAL, enabled=False).enabled is False


def test_what_is_removed_is_unknown(stored: StoredEndpoints) -> None:
    added = stored.add(LOCAL, enabled=True)
    stored.remove(added.endpoint_id)
    for use in (stored.remove, stored.get, lambda one: stored.replace(one, LOCAL, enabled=True)):
        with pytest.raises(UnknownEndpointError):
            use(added.endpoint_id)


def test_without_the_secret_the_others_are_still_used(database: Database, tmp_path: Path) -> None:
    stored = StoredEndpoints(database, Seal(StorageSettings(folder=tmp_path / "data")))
    added = stored.add(HOSTED, enabled=True)
    stored.add(LOCAL, enabled=True)
    (tmp_path / "data.key").unlink()
    assert stored.usable() == (LOCAL,)
    with pytest.raises(SealedKeyError):
        stored.settings_of(added)
