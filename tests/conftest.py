"""Sockets are blocked, except for integration tests and Unix sockets; no test may look for a model hub."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.postgres import find_programs, running_postgres

os.environ.update({"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"})
for name in [name for name in os.environ if name.startswith("OTEL_")]:
    del os.environ[name]
for name in [name for name in os.environ if name.startswith("CITEWELL_") and not name.startswith("CITEWELL_TEST_")]:
    if name not in {"CITEWELL_DATA", "CITEWELL_FAULT_SCALE", "CITEWELL_FAULT_SEED"}:
        del os.environ[name]
os.environ["CITEWELL_CONFIG"] = os.devnull  # a citewell.toml of this machine is not read
os.environ["CITEWELL_GENERATION__URL"] = "http://127.0.0.1:9/v1"  # a model server of this machine is not asked


_ALL_SLOW = re.compile(r"^pytestmark = .*\bmark\.slow\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Passes over files of which every test is slow when slow tests are not wanted."""
    # Importing such a file is what takes long: PyTorch, Ragas.
    if collection_path.suffix != ".py" or "not slow" not in config.getoption("markexpr"):
        return None
    return True if _ALL_SLOW.search(collection_path.read_text(encoding="utf-8")) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("integration"):
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the one that CITEWELL_TEST_POSTGRES_URL names, else one of our own."""
    if url := os.environ.get("CITEWELL_TEST_POSTGRES_URL"):
        yield url
        return
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql), and CITEWELL_TEST_POSTGRES_URL is not set")
    with running_postgres(programs) as url:
        yield url
