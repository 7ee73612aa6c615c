"""Starts Chromium for tests, or skips with a reason."""

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
    """Yields Chromium; skips if playwright or Chromium is missing.

    At most module scope: its event loop occupies this thread, so that asyncio tests could not start their own.
    """
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed")
    playwright_api.expect.set_options(timeout=15_000)  # 5 s are too few on a busy machine
    with playwright_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()
