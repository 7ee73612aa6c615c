from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.office.placement import Frame, reading_order


def at(left: float, top: float, width: float = 200, height: float = 40) -> Frame:
    return Frame(left=left, top=top, width=width, height=height)


def test_columns_with_headings_are_read_one_after_the_other() -> None:
    frames = [at(40, 100), at(400, 100), at(40, 145, height=200), at(400, 145, height=200)]
    assert reading_order(frames) == [0, 2, 1, 3]


def test_figures_are_read_with_the_words_below_them() -> None:
    figures = [at(40, 100), at(260, 100), at(480, 100)]
    words = [at(40, 180), at(260, 180), at(480, 180)]
    assert reading_order([*figures, *words]) == [0, 3, 1, 4, 2, 5]


def test_rows_of_names_and_values_are_read_row_by_row() -> None:
    frames = [at(40 + 210 * column, 100 + 80 * row) for row in range(3) for column in range(2)]
    assert reading_order(frames) == [0, 1, 2, 3, 4, 5]


def test_a_bar_over_the_whole_width_comes_before_the_columns_below() -> None:
    assert reading_order([at(400, 200), at(40, 200), at(40, 100, width=600), None]) == [3, 2, 1, 0]


def test_shapes_that_overlap_are_read_from_the_top() -> None:
    assert reading_order([at(60, 130, height=300), at(40, 100, 500, 400), at(300, 135, height=300)]) == [1, 0, 2]


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4)] * 2, *[st.floats(0, 1e4)] * 2), max_size=12))
def test_every_shape_is_read_once(places: list[tuple[float, float, float, float]]) -> None:
    assert sorted(reading_order([at(*place) for place in places])) == list(range(len(places)))
