from __future__ import annotations

import pytest

from rag.access.roles import TenantRole
from rag.catalog.access.people import People
from rag.catalog.access.users import User
from rag.catalog.database.connection import Database
from rag.settings import SecuritySettings


@pytest.fixture
def people(database: Database) -> People:
    opened = People.of(database, SecuritySettings(session_hours=24, session_idle_hours=2))
    opened.tenants.ensure("default")
    return opened


@pytest.fixture
def anna(people: People) -> User:
    return people.users.add("default", "Anna", roles=[TenantRole.OWNER])
