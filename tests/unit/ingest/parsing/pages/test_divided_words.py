from __future__ import annotations

import pytest

from ingest.parsing.pages.divided_words import Words
from ingest.parsing.pages.english_words import is_english_word
from ingest.parsing.pages.page_text import SOFT_HYPHEN, line_joint

ENGLISH = "the pump is of the new kind and it is in the house with "
GERMAN = "die Pumpe ist mit der neuen und nicht von der alten für das Haus "


def joined(first: str, second: str, *, document: str = ENGLISH) -> str:
    words = Words([document, first, second], is_word=is_english_word)
    text = first[:-1] + SOFT_HYPHEN if words.is_divided(first, second) else first
    kept, between = line_joint(text, second)
    return kept + between + second


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a high-", "voltage cable", "a high-voltage cable"),
        ("a self-", "closing door", "a self-closing door"),
        ("a battery-", "powered lamp", "a battery-powered lamp"),
        ("the type K-", "45 hose", "the type K-45 hose"),
        ("pages 10-", "12 say", "pages 10-12 say"),
        ("a 24-", "hour service", "a 24-hour service"),
        ("a Bosch-", "certified fitter", "a Bosch-certified fitter"),
        ("an X-", "ray", "an X-ray"),
        ("a USB-", "cable", "a USB-cable"),
        ("Jean-", "Pierre", "Jean-Pierre"),
        ("mother-in-", "law", "mother-in-law"),
        ("pre-", "and post-war", "pre- and post-war"),
    ],
)
def test_compound_word_keeps_its_hyphen(first: str, second: str, expected: str) -> None:
    assert joined(first, second) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("the inspec-", "tion", "the inspection"),
        ("Infor-", "mation", "Information"),
        ("an im-", "portant part", "an important part"),
        ("the rail-", "way", "the railway"),
    ],
)
def test_divided_word_is_mended(first: str, second: str, expected: str) -> None:
    assert joined(first, second) == expected


def test_the_document_itself_decides_first() -> None:
    assert joined("a set-", "point", document=ENGLISH + "the setpoint and the setpoint") == "a setpoint"
    assert joined("a set-", "point", document=ENGLISH + "the set-point and the set-point") == "a set-point"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("das Hochdruck-", "ventil", "das Hochdruckventil"),
        ("die EU-", "Kommission", "die EU-Kommission"),
        ("in Baden-", "Württemberg", "in Baden-Württemberg"),
        ("die Ein-", "und Ausgabe", "die Ein- und Ausgabe"),
    ],
)
def test_german_nouns(first: str, second: str, expected: str) -> None:
    assert joined(first, second, document=GERMAN) == expected


def test_soft_hyphen_always_divides() -> None:
    assert line_joint(f"Drei{SOFT_HYPHEN}", "Eck") == ("Drei", "")
