import pytest

from ingest.parsing.blocks.raised import lowered, raised


@pytest.mark.parametrize(
    ("before", "text", "written"),
    [
        ("an area of 12 m", "2", "²"),
        ("about 10", "3", "³"),
        ("E = mc", "2", "²"),
        ("10", "-6", "⁻⁶"),
        ("2", "10", "¹⁰"),
        ("x", "n+1", "^(n+1)"),
        ("(a + b)", "2", "²"),
        ("the 4", "th", "th"),
        ("Acme", "®", "®"),
        ("a dose of 50", "3", "[^3]"),
        ("1.25", "a", "[^a]"),
        ("patients", "2", "[^2]"),
        ("end of it.", "12", "[^12]"),
        ("1,200", "*", "[^*]"),
        ("42", "1, 3", "[^1, 3]"),
    ],
)
def test_exponents_are_told_from_the_marks_of_notes(before: str, text: str, written: str) -> None:
    assert raised(before, text) == written


def test_a_mark_that_the_document_explains_is_no_exponent() -> None:
    assert raised("5", "2", notes=frozenset({"2"})) == "[^2]"
    assert raised("30 m", "2", is_note=True) == "[^2]"


def test_lowered_digits_belong_to_a_formula_and_words_do_not() -> None:
    assert [lowered("CO", "2"), lowered("U", "max"), lowered("7", "2"), lowered("(CH3)", "2")] == [
        "2",
        "_max",
        "_2",
        "2",
    ]
