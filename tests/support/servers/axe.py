"""Accessibility: axe-core, run in an open page. A package carries its file; nothing else of that package is used."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RUN = """async () => {
  const { violations } = await window.axe.run(document, { resultTypes: ["violations"], preload: false });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} ${target.join(" ")} ${failureSummary}`));
}"""


def violations(page: Page) -> list[str]:
    """Returns what axe finds wrong in the page as it is now; skips if axe is not installed.

    It does not preload style sheets: it would put them into the page, which its policy forbids.
    """
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    if not page.evaluate("'axe' in window"):
        page.evaluate((resources.files(package) / "axe.min.js").read_text("utf-8"))
    return list(page.evaluate(_RUN))
