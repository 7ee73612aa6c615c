from __future__ import annotations

import pytest

from ingest.parsing.pages.right_to_left import joined_cluster, reading_order


def read(seen: str, *, starts_right: bool = True) -> str:
    return "".join(character for _, character in reading_order(list(seen), starts_right=starts_right))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (".3 המוקב 17:45 דע 08:30 העשה", "השעה 08:30 עד 17:45 בקומה 3."),
        ('(ד"שת) Office 11 תנקתה', 'התקנת Office 11 (תש"ד)'),
        (')ד"שת( תנקתה', 'התקנת (תש"ד)'),
        (".PX-7 םגדו 02-555-1234 ןופלט", "טלפון 02-555-1234 ודגם PX-7."),
        ("20% וא 1,450.75 וא 12/05/2024", "12/05/2024 או 1,450.75 או 20%"),
        ("$45 וא ₪150 ריחמ", "מחיר ₪150 או $45"),
    ],
)
def test_hebrew_line_is_read_from_its_right_end(seen: str, expected: str) -> None:
    assert read(seen) == expected


def test_percent_sign_left_of_an_arabic_number_follows_it() -> None:
    assert read("%15 مصخلا".replace("مصخلا", "مصخلا")) == "الخصم 15%"


def test_hebrew_word_in_an_english_line_is_turned_alone() -> None:
    assert read("The word םולש means peace (3).", starts_right=False) == "The word שלום means peace (3)."


def test_lam_comes_before_alef_and_a_letter_before_its_marks() -> None:
    assert joined_cluster(["\u0627", "\u0644"]) == "\u0644\u0627"
    assert joined_cluster(["\u05b8", "\u05e9"]) == "\u05e9\u05b8"


def test_every_place_is_read_once() -> None:
    seen = "a1 (ב) 2.5% ג-7 [x]"
    for starts_right in (True, False):
        assert sorted(place for place, _ in reading_order(list(seen), starts_right=starts_right)) == [*range(len(seen))]
