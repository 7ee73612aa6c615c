"""Each page of ``docs/develop`` is true: a test follows it in a copy of the checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.checkout import changed, follow
from tests.docs.pages import DOCS, ROOT, code_blocks

_FOLLOWED = ("add-a-format", "add-a-reranker", "add-a-route", "tests")


@pytest.mark.slow
@pytest.mark.parametrize("page", _FOLLOWED)
def test_a_page_can_be_followed(page: str, tmp_path: Path) -> None:
    follow(DOCS / "develop" / f"{page}.md", tmp_path)


def test_every_page_for_developers_is_followed() -> None:
    assert {page.stem for page in (DOCS / "develop").glob("*.md")} == {*_FOLLOWED, "setup"}


def test_the_set_up_installs_the_programs_that_ci_installs() -> None:
    [block] = [each for each in code_blocks(DOCS / "develop" / "setup.md") if each.title == "system packages"]
    named = set(block.text.split()[2:])
    wanted = set(re.findall(r"missing\+=\(([\w-]+)\)", (ROOT / ".ci" / "run").read_text("utf-8")))
    assert named == wanted


def test_a_diff_is_applied_where_its_lines_stand() -> None:
    assert changed("a\nb\nc\n", " a\n-b\n+d\n c\n") == "a\nd\nc\n"
    with pytest.raises(AssertionError, match="exactly once"):
        changed("a\nb\n", " c\n+d\n")
