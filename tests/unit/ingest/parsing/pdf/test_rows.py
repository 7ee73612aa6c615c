import numpy as np

from ingest.parsing.pdf.rows import lost_spaces


def spaces(text: str, gaps: list[float], *, stored: frozenset[int] = frozenset()) -> list[int]:
    spaced = np.array([at in stored for at in range(len(text))])
    is_letter = np.array([character.isalnum() for character in text])
    return np.flatnonzero(lost_spaces(spaced, np.array(gaps, dtype=np.float32), is_letter)).tolist()


def test_a_wide_gap_between_letters_that_stand_close_is_a_space() -> None:
    assert spaces("atleast", [0, 0, 0.2, 0, 0, 0, 0]) == [2]


def test_gaps_of_letters_set_apart_and_beside_signs_are_none() -> None:
    assert spaces("atleast", [0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]) == []
    assert spaces("at-last", [0, 0, 0.2, 0.2, 0, 0, 0]) == []


def test_a_single_letter_and_a_new_column_begin_no_word() -> None:
    assert spaces("a", [0]) == []
    assert spaces("atleast", [0, 0, 3.0, 0, 0, 0, 0]) == []
