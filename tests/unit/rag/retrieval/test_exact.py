from __future__ import annotations

import pytest

from rag.retrieval.exact import exact_first
from tests.support.builders.passages import make_hit


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("what came with version 2.4.1", "b"),
        ("what does alarm E1120 mean", "c"),
        ("what came with version 2.5.1", "a"),
        ("what is new", "a"),
    ],
)
def test_passages_with_a_code_of_the_question_come_first(question: str, first: str) -> None:
    hits = [
        make_hit("Release 2.4.0 brings new colours.", key="a"),
        make_hit("Release 2.4.1 mends the printer.", key="b"),
        make_hit("Alarm E-1120: the door is open.", key="c"),
    ]
    assert exact_first(question, hits)[0].chunk.name == f"{first}.txt"


def test_a_code_that_most_passages_have_tells_nothing() -> None:
    hits = [make_hit("The R2D2 has a lamp." if at else "A lamp has a switch.", key=str(at)) for at in range(12)]
    assert exact_first("where is the switch of the R2D2", hits) == tuple(hits)
