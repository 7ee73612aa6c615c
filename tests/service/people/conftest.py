from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from rag.catalog.access.people import People
from rag.settings import Settings
from tests.support.servers.people import people_of, service_with_users, with_logins


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return with_logins(tmp_path_factory.mktemp("service") / "data")


@pytest.fixture(scope="module")
def service(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with service_with_users(settings, tmp_path_factory.mktemp("socket")) as http:
        yield http


@pytest.fixture
def client(service: httpx.Client) -> httpx.Client:
    """A client without cookies."""
    service.cookies.clear()
    return service


@pytest.fixture
def people(settings: Settings) -> Iterator[People]:
    with people_of(settings) as opened:
        yield opened
