import pytest

from rag.text.folding import fold_forms


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ１２ ﬁlter ㎏ №", "ABC12 filter kg No"),
        ("10³ and 10⁻³", "10^3 and 10^-3"),
        ("120 m², CO₂", "120 m2, CO2"),
        ("101₂", "101_2"),
        ("½ or 2½ or 2 ¾", "0.5 or 2.5 or 2.75"),
        ("1/2 or 2 1/2 or 2/3", "0.5 or 2.5 or 0.667"),
        ("24/7, 1/2/2024, 3/2, v1/2, a/b", "24/7, 1/2/2024, 3/2, v1/2, a/b"),
        ("Acme™ valve", "Acme  valve"),
        ("10①", "10 ❶ "),
    ],
)
def test_forms_are_folded_and_figures_kept_apart(text: str, folded: str) -> None:
    assert fold_forms(text) == folded


def test_circled_figures_of_both_kinds_are_the_same() -> None:
    assert fold_forms("①⑩⑪⑳").split() == ["❶", "❿", "⓫", "⓴"]
