from __future__ import annotations

import json

import pytest

from rag.errors import ConfigurationError, ConflictError, UnknownTenantError
from tests.unit.api.commands.people.conftest import Run


def test_a_tenant_is_added_and_bounded(run: Run) -> None:
    assert "invitation#" in run("tenants", "add", "acme", "--owner", "carl").stdout
    assert run("tenants", "quotas", "acme", "documents=10", "cost_a_day=2.5").stdout == (
        "acme: documents=10 cost_a_day=2.5\n"
    )
    assert run("tenants", "quotas", "acme", "documents=none").stdout == "acme: cost_a_day=2.5\n"
    [tenant] = json.loads(run("tenants", "list", "--json").stdout)
    assert (tenant["name"], tenant["quotas"]["cost_a_day"]) == ("acme", 2.5)
    assert isinstance(run("tenants", "add", "acme", "--owner", "carla").exception, ConflictError)
    assert isinstance(run("tenants", "quotas", "none").exception, UnknownTenantError)


@pytest.mark.parametrize("bound", ["pages=3", "documents=-1", "documents=many", "documents"])
def test_a_bound_that_cannot_be_is_an_error(run: Run, bound: str) -> None:
    run("tenants", "add", "acme", "--owner", "carl")
    assert isinstance(run("tenants", "quotas", "acme", bound).exception, ConfigurationError)
