from __future__ import annotations

from collections import Counter

import pytest

from ingest.parsing.scans.letters import looks_wrong, reads_as_words

SENTENCES = "The lift is serviced twice a year by the company that built it. Spare parts are kept in the cellar."
SHIFTED = "".join(chr((ord(letter) - 94) % 26 + 97) if letter.islower() else letter for letter in SENTENCES)


@pytest.mark.parametrize(
    "text",
    [
        "Justin",
        "KEY FIGURES",
        "Přehled účtů",
        "0 2 4 6 8",
        "Общие сведения",
        "注文書の控え",
        "Invoice 2024-118, page 3",
    ],
)
def test_short_texts_of_words_and_numbers_read_as_words(text: str) -> None:
    assert reads_as_words(text)


@pytest.mark.parametrize(
    "text", ["9ROXPHV", "'(6&5,37,21", "0SVIQMTWYQ HSPSV", "ČãþĜåêitpċâý", "ǡǼǱǺ ǓǯǯǱǿǿ", "䋴䋮䋶", "킛킸톁"]
)
def test_codes_of_a_font_do_not_read_as_words(text: str) -> None:
    assert not reads_as_words(text)


@pytest.mark.parametrize(
    "text",
    [SENTENCES, "text25 text26 text27 conv conv line " * 4, "A, B, C = 0.1 " * 30, "第一季度报告 D X Q W K " * 20],
)
def test_plain_text_does_not_look_wrong(text: str) -> None:
    assert not looks_wrong(Counter(text))


def test_shifted_letters_look_wrong() -> None:
    assert looks_wrong(Counter(SHIFTED))
