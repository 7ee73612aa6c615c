"""Quotas of tenants: what is refused, what the error says, and that other tenants do not notice."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import delete, insert

from rag.access.roles import TenantRole
from rag.catalog.access.rows import TENANT_QUOTAS
from rag.catalog.database.connection import Database
from rag.settings import FeedbackSettings, Settings, StorageSettings
from tests.support.access.people import Person, World, peopled_service
from tests.support.servers.service import problem, upload

pytestmark = pytest.mark.integration


class House:
    """A service with a person of each of two tenants."""

    def __init__(self, client: httpx.Client, database: Database) -> None:
        self.client = client
        self._database = database

    def allow(self, **quota: int) -> None:
        """Sets the quotas of ``acme``; ``globex`` has none."""
        with self._database.write() as connection:
            connection.execute(delete(TENANT_QUOTAS))
            connection.execute(insert(TENANT_QUOTAS).values(tenant="acme", **quota))

    def upload(self, name: str, content: bytes, *, by: str = "anna") -> httpx.Response:
        self.client.headers["x-user"] = by
        return upload(self.client, name, content)

    def ask(self, by: str = "anna") -> httpx.Response:
        return self.client.post("/v1/ask", json={"question": "What is it?"}, headers={"x-user": by})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("quotas") / "data"
    settings, world = Settings(storage=StorageSettings(folder=folder), feedback=FeedbackSettings(keep_days=5)), World()
    with peopled_service(settings, tmp_path_factory.mktemp("socket") / "api.sock", world) as (client, directory):
        for tenant, name in (("acme", "anna"), ("globex", "gwen")):
            directory.add(Person(tenant=tenant, name=name, roles=frozenset({TenantRole.OWNER})))
        database = Database.open(folder / "catalog.db")
        yield House(client, database)
        database.close()


def test_more_documents_or_bytes_than_may_be_are_refused_and_nothing_is_kept(house: House) -> None:
    house.allow(documents=1)
    assert house.upload("one.txt", b"One document.").status_code == 202
    assert problem(house.upload("two.txt", b"Two documents.")) == (409, "quota_reached")
    listed = house.client.get("/v1/documents", headers={"x-user": "anna"}).json()["documents"]
    assert [each["name"] for each in listed] == ["one.txt"]
    assert house.upload("one.txt", b"One document.").status_code == 202  # the same is no more
    assert house.upload("two.txt", b"Two documents.", by="gwen").status_code == 202
    house.allow(bytes=30)
    refused = house.upload("three.txt", b"Three documents, and more.")
    assert problem(refused) == (409, "quota_reached")
    assert "30 bytes" in refused.json()["detail"]


def test_more_questions_than_may_be_asked_on_a_day_are_refused_until_midnight(house: House) -> None:
    house.allow(questions_a_day=2)
    answers = [house.ask() for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert problem(answers[-1]) == (429, "daily_quota_reached")
    assert "midnight" in answers[-1].json()["detail"]
    assert 5 < int(answers[-1].headers["retry-after"]) <= 86_401
    assert house.ask("gwen").status_code == 200
    house.allow(questions_a_day=3)
    assert house.ask().status_code == 200


def test_more_requests_at_a_time_than_may_be_are_refused(house: House) -> None:
    house.allow(connections=0)
    assert house.ask("anna").status_code in {200, 429}  # the first look after a change may still be of before
    refused = house.client.get("/v1/documents", headers={"x-user": "anna"})
    assert problem(refused) == (429, "too_many_connections")
    assert house.client.get("/v1/documents", headers={"x-user": "gwen"}).status_code == 200
