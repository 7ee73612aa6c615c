from collections import Counter

import pytest

from evals.parsing.measures import Content, Scores, score, words

TEXT = "The lift holds eight people. It was checked in March, and the next check is due in spring."
TABLE = (("Floor", "Rooms"), ("Ground", "4"), ("First", "12"))


def scores(read: str, truth: str = TEXT) -> Scores:
    return score(Content(words=words(read)), Content(words=words(truth)))


def table_scores(*read: tuple[tuple[str, ...], ...]) -> tuple[float | None, float | None]:
    found = score(Content(words=("a",), tables=read), Content(words=("a",), tables=(TABLE,)))
    return found.cells, found.neighbours


def test_what_was_read_as_it_is_has_full_marks() -> None:
    read = Content(words=words(TEXT), tables=(TABLE,))
    assert score(read, read) == Scores(recall=1.0, precision=1.0, order=1.0, cells=1.0, neighbours=1.0)


def test_a_missing_word_lowers_recall_alone() -> None:
    found = scores(TEXT.replace("eight ", ""))
    assert (found.recall, found.precision, found.order) == (17 / 18, 1.0, 1.0)


def test_an_invented_word_lowers_precision_alone() -> None:
    found = scores(TEXT.replace("eight", "eight heavy"))
    assert (found.recall, found.precision, found.order) == (1.0, 18 / 19, 1.0)


def test_a_word_read_twice_was_invented_once() -> None:
    assert scores(f"{TEXT} spring").precision == 18 / 19


def test_an_optional_word_is_neither_missing_nor_invented() -> None:
    truth = Content(words=("see", "here"), optional=Counter(["example", "org"]))
    for read in ("see here", "see example org here"):
        assert score(Content(words=words(read)), truth) == score(Content(words=words("see here")), truth)
    assert score(Content(words=words("see example org example here")), truth).precision == 2 / 3


def test_swapped_sentences_lower_the_order_alone() -> None:
    first, second = TEXT.split(". ")
    found = scores(f"{second} {first}.")
    assert (found.recall, found.precision, found.order) == (1.0, 1.0, 13 / 18)


def test_the_order_is_that_of_the_words_that_both_have() -> None:
    assert scores("a x b y c", "a b q c").order == 1.0
    assert scores("x y", "a b").order is None


@pytest.mark.parametrize(("read", "truth"), [("", "a"), ("...", "a b")])
def test_nothing_read_has_no_precision(read: str, truth: str) -> None:
    found = scores(read, truth)
    assert (found.recall, found.precision, found.order) == (0.0, None, None)


def test_a_wrong_cell_lowers_both_measures_of_tables() -> None:
    wrong = (TABLE[0], ("Ground", "14"), TABLE[2])
    cells, neighbours = table_scores(wrong)
    assert cells == 5 / 6
    assert neighbours == 4 / 7  # right of Ground, above it and below it


def test_a_cell_in_the_wrong_column_lowers_the_neighbours_alone() -> None:
    cells, neighbours = table_scores((TABLE[0], ("4", "Ground"), TABLE[2]))
    assert cells == 1.0
    assert neighbours is not None
    assert neighbours < 1.0


def test_a_table_that_was_not_read_has_no_right_cell() -> None:
    assert table_scores() == (0.0, 0.0)


def test_where_there_is_no_table_to_compare_nothing_is_measured() -> None:
    truth = Content(words=("a",))
    assert score(Content(words=("a",), tables=(TABLE,)), truth).cells is None
    assert score(Content(words=("a",), tables=None), Content(words=("a",), tables=(TABLE,))).cells is None


def test_places_of_one_merged_cell_are_no_neighbours() -> None:
    merged = ((("Prices", "Prices"), ("Adult", "Child")),)
    truth = Content(words=("a",), tables=merged)
    split = Content(words=("a",), tables=((("Prices", "Prices"), ("Adult",)),))
    assert score(truth, truth).neighbours == 1.0
    assert score(split, truth).neighbours == 2 * 1 / (1 + 3)


def test_marks_and_case_are_no_words_and_scripts_without_spaces_have_a_word_a_letter() -> None:
    assert words("**Über** 3.5 kg_net – OK") == ("über", "3", "5", "kg", "net", "ok")
    assert words("東京 に ﬁne") == ("東", "京", "に", "fine")


def test_a_raised_number_is_not_part_of_the_number_before_it() -> None:
    assert words("10³ m²") == ("10", "3", "m", "2")
    assert words("103 H₂O") == ("103", "h2o")


def test_a_repeated_word_may_be_left_out() -> None:
    truth = Content(words=("both", "both", "a"), repeated=Counter(["both"]))
    assert [score(Content(words=read), truth).recall for read in (truth.words, ("both", "a"), ("a",))] == [1, 1, 0.5]
