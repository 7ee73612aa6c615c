"""Chromium for tests, or a reason why there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--disable-quic --no-first-run"
).split()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips the test where playwright or Chromium is missing.

    For a module at the longest: while it runs, its event loop holds this thread, and asyncio tests of other modules
    could not start theirs.
    """
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed")
    playwright_api.expect.set_options(timeout=15_000)  # 5 s are too few on a machine that does other work
    with playwright_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()
