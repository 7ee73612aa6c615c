from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.pages.reading_order import group_rows, reading_order

LINE = 10.0


def boxes(*rows: tuple[float, float, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Builds boxes from (left, top, right); each is a line high."""
    return np.array([[left, top - LINE, right, top] for left, top, right in rows], dtype=np.float32)


def test_two_columns_are_read_one_after_the_other_below_their_title() -> None:
    title = [(100.0, 780.0, 500.0)]
    left = [(50.0, 740.0 - 12 * row, 290.0) for row in range(5)]
    right = [(310.0, 740.0 - 12 * row, 550.0) for row in range(5)]
    interleaved = [box for pair in zip(left, right, strict=True) for box in pair]
    regions = reading_order(boxes(*title, *interleaved), [60] * 11)
    assert [sorted(region) for region in regions] == [[0], [1, 3, 5, 7, 9], [2, 4, 6, 8, 10]]


def test_three_columns_are_read_one_after_the_other() -> None:
    lefts = (50.0, 220.0, 390.0)
    rows = [[(left, 740.0 - 12 * row, left + 150.0) for left in lefts] for row in range(8)]
    regions = reading_order(boxes(*(box for row in rows for box in row)), [36] * 24)
    assert [sorted(region) for region in regions] == [list(range(column, 24, 3)) for column in range(3)]


def test_labels_of_a_drawing_in_a_column_do_not_join_it_with_the_other() -> None:
    left = [(50.0, 740.0 - 12 * row, 290.0) for row in range(12)]
    labels = [(320.0 + 40 * (row % 5), 740.0 - 12 * (row // 5), 345.0 + 40 * (row % 5)) for row in range(25)]
    right = [(310.0, 740.0 - 12 * row, 550.0) for row in range(5, 12)]
    regions = reading_order(boxes(*left, *labels, *right), [60] * 12 + [3] * 25 + [60] * 7)
    assert sorted(regions[0]) == list(range(12))


def test_questions_with_their_answers_stay_rows() -> None:
    questions = [(50.0, 740.0 - 24 * row, 300.0) for row in range(6)]
    answers = [(350.0, 740.0 - 24 * row, 500.0) for row in range(6)]
    assert len(reading_order(boxes(*questions, *answers), [45] * 6 + [12] * 6)) == 1


def test_table_stays_one_region() -> None:
    labels = [(50.0, 740.0 - 12 * row, 250.0) for row in range(6)]
    amounts = [(400.0, 740.0 - 12 * row, 440.0) for row in range(6)]
    regions = reading_order(boxes(*labels, *amounts), [30] * 6 + [6] * 6)
    assert len(regions) == 1


def test_rows_run_from_top_to_bottom_and_left_to_right() -> None:
    pieces = boxes((200, 700, 300), (50, 701, 150), (50, 680, 150))
    assert group_rows(pieces, [0, 1, 2]) == ((1, 0), (2,))


def test_nothing_has_no_order() -> None:
    assert reading_order(np.zeros((0, 4), dtype=np.float32), []) == ()


@given(
    st.lists(
        st.tuples(st.floats(0, 500), st.floats(20, 800), st.floats(1, 300), st.integers(1, 80)), min_size=1, max_size=40
    )
)
def test_every_piece_is_read_exactly_once(pieces: list[tuple[float, float, float, int]]) -> None:
    rectangles = boxes(*((left, top, left + width) for left, top, width, _ in pieces))
    regions = reading_order(rectangles, [characters for *_, characters in pieces])
    rows = [row for region in regions for row in group_rows(rectangles, region)]
    assert sorted(index for row in rows for index in row) == list(range(len(pieces)))
