import pytest

from evals.runs.asking import altered


@pytest.mark.parametrize(
    ("sentence", "edited"),
    [
        ("The term is 28 days.", "The term is 31 days."),
        ("In 2024 it cost EUR 1,500.", "In 2027 it cost EUR 1,500."),
        ("Visitors must wear a badge.", "Visitors must not wear a badge."),
        ("保修期为5年。", "保修期为8年。"),
        ("Nothing to change here", None),
    ],
)
def test_an_edit_changes_what_is_claimed(sentence: str, edited: str | None) -> None:
    assert altered(sentence) == edited
