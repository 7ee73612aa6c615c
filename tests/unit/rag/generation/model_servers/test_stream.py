from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag.answers import CitationMark, TextDelta
from rag.generation.model_servers.stream import MarkerParser


def parse(*pieces: str, numbers: tuple[int, ...] = (1, 2, 3)) -> tuple[str, list[int]]:
    parser = MarkerParser(numbers)
    events = [event for piece in pieces for event in parser.feed(piece)] + list(parser.finish())
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, [event.number for event in events if isinstance(event, CitationMark)]


def test_markers_become_marks_and_leave_the_text() -> None:
    assert parse("It is five years [1]. More [2, 3].") == ("It is five years. More.", [1, 2, 3])


def test_a_marker_split_over_deltas_is_found() -> None:
    assert parse("Five years ", "[", "1", "]", ".") == ("Five years.", [1])


def test_an_invented_number_is_dropped_and_not_shown() -> None:
    assert parse("Five years [9].") == ("Five years.", [])


def test_brackets_that_are_no_marker_stay() -> None:
    assert parse("See [sic] and [12 km") == ("See [sic] and [12 km", [])


def test_full_width_brackets_count() -> None:
    assert parse("五年【1】。") == ("五年。", [1])


@given(st.text(alphabet="ab [1,2]9【】\n", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_the_result_does_not_depend_on_how_the_stream_is_cut(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    pieces = [text[start:end] for start, end in pairwise(edges)]
    assert parse(*pieces) == parse(text)
