"""Sockets are blocked, but for integration tests and for Unix sockets; nothing may look for a hub."""

import os

import pytest

os.environ.update({"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"})
for name in [name for name in os.environ if name.startswith("CITEWELL_") and not name.startswith("CITEWELL_TEST_")]:
    if name != "CITEWELL_DATA":
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("integration"):
            item.add_marker(pytest.mark.enable_socket)
