"""How long the crossings are looked for, and from which seed."""

import os
from random import Random

import pytest


@pytest.fixture(scope="module")
def scale() -> int:
    """How many times the short run: CITEWELL_FAULT_SCALE."""
    return int(os.environ.get("CITEWELL_FAULT_SCALE", "1"))


@pytest.fixture(scope="module")
def random() -> Random:
    return Random(int(os.environ.get("CITEWELL_FAULT_SEED", "1")))  # noqa: S311 - repeatable, not secret
