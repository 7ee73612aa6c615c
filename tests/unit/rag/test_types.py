from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rag.types import LONGEST_PREFIX, context_prefix


def test_title_and_headings_stand_on_two_lines() -> None:
    assert context_prefix("Report", ("Part", "Section")) == "Report\nPart > Section\n"


def test_heading_that_repeats_the_title_is_left_out() -> None:
    assert context_prefix("Report", ("Report", "Section")) == "Report\nSection\n"


def test_long_path_keeps_its_innermost_headings() -> None:
    path = ("outermost " * 20, "middle", "innermost")
    assert context_prefix("", path) == "middle > innermost\n"


def test_long_title_loses_its_end() -> None:
    assert context_prefix("word " * 100, ()).endswith("word…\n")


@given(title=st.text(max_size=400), path=st.lists(st.text(max_size=300), max_size=6).map(tuple))
def test_prefix_is_bounded_in_decomposed_characters(title: str, path: tuple[str, ...]) -> None:
    assert len(unicodedata.normalize("NFD", context_prefix(title, path))) <= LONGEST_PREFIX
