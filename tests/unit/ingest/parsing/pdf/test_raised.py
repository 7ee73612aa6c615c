from __future__ import annotations

import pytest

from ingest.parsing.pdf.raised import lowered_text, raised_mark


def written(before: str, run: str, after: str = "", labels: str = "") -> str:
    mark = raised_mark(run, before=before, after=after, labels=labels.split())
    assert len(mark.text) == len(run)
    return before + mark.before + "".join(mark.text) + mark.after + after


@pytest.mark.parametrize(
    ("before", "run", "after", "labels", "expected"),
    [
        ("The fee is 75", "2", " euros", "", "The fee is 75[^2] euros"),
        ("The dose is 10", "4", " mg", "4", "The dose is 10[^4] mg"),
        ("The committee", "1", " met", "", "The committee[^1] met"),
        ("It ended.", "12", "", "", "It ended.[^12]"),
        ("Sales", "1,2", " rose", "", "Sales[^1,2] rose"),
        ("Sales", "(3)", " rose", "", "Sales[^3] rose"),
        ("Sales", "3)", "", "", "Sales[^3]"),
        ("Table 3", "b", "", "", "Table 3[^b]"),
        ("Founded in 1998", "4", " in Bonn", "", "Founded in 1998[^4] in Bonn"),
        ("", "3", " Without tax.", "", "[^3] Without tax."),
    ],
)
def test_mark_of_a_note_is_kept_apart(before: str, run: str, after: str, labels: str, expected: str) -> None:
    assert written(before, run, after, labels) == expected


@pytest.mark.parametrize(
    ("before", "run", "after", "labels", "expected"),
    [
        ("about 10", "3", " cells", "", "about 10³ cells"),
        ("4 x 10", "-6", " kg", "6", "4 x 10⁻⁶ kg"),
        ("25 m", "2", ".", "2", "25 m²."),
        ("9.81 m/s", "2", "", "", "9.81 m/s²"),
        ("2", "8", " = 256", "8", "2⁸ = 256"),
        ("x", "2", " + y", "", "x² + y"),
        ("E = mc", "2", "", "", "E = mc²"),
        ("Ca", "2+", "", "", "Ca²⁺"),
        ("e", "kt", "", "", "e^(kt)"),
        ("10", "k", "", "", "10^k"),
        ("the 21", "st", " of May", "", "the 21st of May"),
        ("open", "*", "", "", "open*"),
    ],
)
def test_exponent_stays_one(before: str, run: str, after: str, labels: str, expected: str) -> None:
    assert written(before, run, after, labels) == expected


def test_lowered_digits_are_written_lowered_and_letters_plain() -> None:
    assert lowered_text("2") == "₂"
    assert lowered_text("max") == "max"
