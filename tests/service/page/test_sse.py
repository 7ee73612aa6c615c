from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULE = HERE.parents[2] / "api" / "page" / "shared" / "sse.js"


@pytest.mark.integration
async def test_sse_parser_passes_its_own_tests_in_node() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    ran = await asyncio.create_subprocess_exec(
        node,
        "--test",
        "--test-reporter=tap",
        str(HERE / "sse.test.mjs"),
        env={"SSE_MODULE": str(MODULE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    report, _ = await ran.communicate()
    assert ran.returncode == 0, report.decode()
    assert "# pass 9\n" in report.decode()
