"""How long the faults run, and from which seed."""

import os
from random import Random

import pytest


@pytest.fixture(scope="session")
def scale() -> int:
    """How many times the short run: CITEWELL_FAULT_SCALE."""
    return int(os.environ.get("CITEWELL_FAULT_SCALE", "1"))


@pytest.fixture(scope="session")
def seed() -> int:
    """CITEWELL_FAULT_SEED: the same seed gives the same documents and the same moments, as far as the system allows."""
    return int(os.environ.get("CITEWELL_FAULT_SEED", "1"))


@pytest.fixture
def random(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable, not secret
