import pytest

from evals.answer_match import states
from evals.sample_run import EVERYDAY, evaluate_sample
from rag.settings import Settings


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


@pytest.mark.slow
async def test_the_sample_questions_are_answered_as_well_as_published() -> None:
    report = await evaluate_sample(Settings(), questions_file=EVERYDAY, on_progress=lambda *_: None)
    # A little under the published figures: text recognition differs from machine to machine.
    assert report.passages_in_top_5 >= 0.93
    assert report.facts_in_answer >= 0.83
    assert report.right_abstentions >= 6
    assert report.wrong_refusals <= 3
    assert all(result.all_supported for result in report.results)
