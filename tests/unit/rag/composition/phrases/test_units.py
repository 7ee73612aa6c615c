from __future__ import annotations

import pytest

from rag.composition.phrases.units import has_asked_unit


@pytest.mark.parametrize(
    ("question", "text", "has"),
    [
        ("How heavy is the crane?", "The crane lifts ten people.", False),
        ("How heavy is the crane?", "Mass: 8.5 kg", True),
        ("how heavy is it", "It has 300g of oil.", True),
        ("Wie schwer ist der Kran?", "Der Kran wiegt 3 Tonnen.", True),
        ("多重", "净重 5 公斤", True),
        ("How old must one be?", "Guests pay 12 euros.", False),
        ("How old must one be?", "From the age of 12 years on.", True),
        ("how hot does it get", "It reaches 80°C.", True),
        ("how many guests are there", "There are 12.", True),
    ],
)
def test_a_text_has_a_unit_of_what_is_asked(question: str, text: str, has: bool) -> None:  # noqa: FBT001
    assert has_asked_unit(text, question) is has
