from __future__ import annotations

import pytest

from rag.composition.siblings import holds_others_alone, names_another
from tests.support.builders.passages import make_hit

HITS = (
    make_hit("The Gull S is blue, and the Gull Pro is red.", key="gulls"),
    make_hit(
        "Hall 2 seats 60 people. Hall 5 seats 300. Garages 3 to 7 are closed. The fair began on May 4.", key="fair"
    ),
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many people does hall 3 seat?", True),
        ("How many people does Hall 5 seat?", False),
        ("Is garages 4 open?", False),
        ("What happened on May 9?", False),
        ("What is paid within 3 days?", False),
        ("What does section 3 say of Hall 2?", False),
        ("What colour has the gull Max?", True),
        ("What colour has the Gull Pro?", False),
        ("What colour has the Gull S?", False),
        ("What colour has the Gull X?", True),
        ("Is the Gull Blue?", False),
    ],
)
def test_hits_that_hold_other_numbers_of_a_thing_alone_do_not_answer(question: str, expected: bool) -> None:  # noqa: FBT001
    assert holds_others_alone(question, HITS) is expected


def test_a_sentence_is_of_another_thing_where_it_names_that_alone() -> None:
    assert names_another("How large is Hall 2?", "Hall 5 seats 300.")
    assert not names_another("How large is Hall 2?", "Hall 2 is smaller than Hall 5.")
    assert not names_another("How large is Hall 2?", "It seats 60.")
