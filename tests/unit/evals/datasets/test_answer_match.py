import pytest

from evals.datasets.answer_match import states


@pytest.mark.parametrize(
    ("answer", "fact", "expected"),
    [
        ("It lasts 5 years.", "5 years", True),
        ("It lasts 15 years.", "5 years", False),
        ("Version 4.2.1 is out.", "4.2", False),
        ("FIVE\nyears", "five years", True),
        ("保修期为五年。", "五年", True),
    ],
)
def test_a_fact_counts_only_as_whole_words_and_numbers(answer: str, fact: str, *, expected: bool) -> None:
    assert states(answer, fact) is expected
