from __future__ import annotations

import pytest

from rag.settings import Settings
from tests.docs.pages import DOCS
from tests.docs.reference import PAGES
from tests.docs.tables import COMMAND


@pytest.fixture(autouse=True)
def _no_address_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CITEWELL_GENERATION__URL", raising=False)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_says_what_the_code_says(name: str) -> None:
    written = (DOCS / "reference" / name).read_text("utf-8")
    assert written == PAGES[name](), f"docs/reference/{name} is stale: refresh it by '{COMMAND}'"


def test_the_reference_has_every_section_of_the_settings() -> None:
    page = (DOCS / "reference" / "settings.md").read_text("utf-8")
    for section in Settings.model_fields:
        assert f"CITEWELL_{section.upper()}" in page
