"""The page's pure modules pass their own tests in node."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
API = HERE.parents[2] / "api"


@pytest.mark.integration
@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.mjs")))
async def test_a_module_passes_its_own_tests_in_node(name: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    ran = await asyncio.create_subprocess_exec(
        node,
        "--test",
        "--test-reporter=tap",
        str(HERE / name),
        env={"PAGE_ROOT": str(API)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    report, _ = await ran.communicate()
    assert ran.returncode == 0, report.decode()
    assert "# pass 0\n" not in report.decode()
