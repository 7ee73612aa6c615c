import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.guard.personal.masking import Policy, blacken
from rag.guard.personal.stream import MOST_HELD, StreamMasker
from rag.settings import PersonalAction, PersonalKind

ALL = Policy.of({PersonalKind.ALL: PersonalAction.MASK})
FILLER = "The pump must be serviced every 6,000 hours by a trained fitter. "
PRIVATE = "Ada Krylova has ada.krylova@example.com, +49 30 901820 and DE89 3704 0044 0532 0130 00. "


def streamed(pieces: Sequence[str]) -> tuple[str, int]:
    """Returns what goes out, and how many characters were held at most."""
    masker = StreamMasker(ALL)
    held = 0
    out = ""
    for piece in pieces:
        out += masker.add(piece)
        held = max(held, len(masker.raw) - len(out))
    out += masker.finish()
    assert out == masker.text
    return out, held


def cut(text: str, places: Sequence[int]) -> list[str]:
    ends = sorted({0, *(place % len(text) for place in places), len(text)})
    return [text[start:end] for start, end in itertools.pairwise(ends)]


@settings(deadline=None)  # the first call reads the lists of names
@given(st.lists(st.integers(0, 5_000), max_size=40))
def test_personal_data_is_masked_wherever_the_stream_is_cut(places: list[int]) -> None:
    text = FILLER * 3 + PRIVATE + FILLER * 5 + PRIVATE
    assert streamed(cut(text, places))[0] == blacken(text, ALL)[0]


@pytest.mark.parametrize("offset", range(0, 90, 7))
def test_one_character_after_the_other_gives_the_same_as_all_at_once(offset: int) -> None:
    text = "x" * offset + " " + FILLER * 4 + PRIVATE * 2 + FILLER * 6
    out, held = streamed(list(text))
    assert out == blacken(text, ALL)[0]
    assert held <= MOST_HELD


def test_a_settled_sentence_goes_out_at_once_and_what_follows_is_held() -> None:
    masker = StreamMasker(ALL)
    assert masker.add("Ask Ada Krylova. Then") == ""
    assert masker.settle(16) == "Ask ███ ███████."
    assert masker.finish() == " Then"
    assert [each.kind for each in masker.findings] == [PersonalKind.PERSON]


def test_a_finding_longer_than_all_that_is_held_is_masked_to_its_last_sign() -> None:
    address = "https://ada:secret@example.com/" + "a" * 900
    out, held = streamed(list(f"See {address} for more."))
    assert out == f"See {'█' * len(address)} for more."
    assert held <= MOST_HELD


def test_a_long_word_without_personal_data_goes_out_as_it_is() -> None:
    assert streamed(["x" * 1_000])[0] == "x" * 1_000
