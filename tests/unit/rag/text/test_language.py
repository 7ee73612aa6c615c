from __future__ import annotations

import pytest

from rag.text.language import LanguageDetector

DETECTOR = LanguageDetector()


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How many days of annual leave do I get?", "en"),
        ("Wie lange gilt die Garantie?", "de"),
        ("Combien de jours de vacances ai-je ?", "fr"),
        ("¿Cuánto dura la garantía?", "es"),
        ("保修期多长？", "zh"),
        ("Сколько длится гарантия?", "ru"),
        ("Fjord 6", None),
        ("4.2.0", None),
        ("", None),
    ],
)
def test_the_language_of_a_question(question: str, language: str | None) -> None:
    assert DETECTOR.detect(question) == language
