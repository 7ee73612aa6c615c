import pytest

from rag.composition.tables.words import content, is_alike, language_of, phrase, plain, tokens


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("premium", "premium"),
        ("preis", "einzelpreis"),
        ("win", "winpercent"),
        ("heavi", "heavier"),
    ],
)
def test_forms_and_compounds_are_alike(word: str, other: str) -> None:
    assert is_alike(word, other)


@pytest.mark.parametrize(("word", "other"), [("a1003", "a1004"), ("12", "120"), ("die", "death"), ("单价", "库存")])
def test_other_words_and_codes_are_not_alike(word: str, other: str) -> None:
    assert not is_alike(word, other)


def test_codes_are_one_word_in_any_spelling() -> None:
    assert tokens("Lathe L-40") == tokens("lathe L40")


def test_accents_are_left_out_before_endings() -> None:
    assert tokens("Révisions complètes") == tokens("revision complete")


def test_names_in_camel_case_and_after_an_elision_are_words() -> None:
    assert tokens("unitPrice") == tokens("unit price")
    assert content("l'agence") == ("agenc",)


@pytest.mark.parametrize(
    ("question", "document", "language"),
    [
        ("average quantity per order", "The orders of the year.", "en"),
        ("Wie viele Artikel liefert die Stahl AG?", "", "de"),
        ("quelle agence a le plus d'employés", "", "fr"),
        ("Umsatz", "Die Zahlen der Firma sind hier nicht geprüft.", "de"),
        ("绿茶的单价", "", "zh"),
    ],
)
def test_the_language_is_that_of_the_question_else_of_the_document(question: str, document: str, language: str) -> None:
    assert language_of(question, document) == language


def test_a_phrase_is_english_where_the_language_has_none() -> None:
    assert phrase("xx", "difference", value="3 kg") == "Difference: 3 kg."


def test_plain_text_keeps_its_length() -> None:
    assert plain("Zsa Zsa GÁBOR") == "zsa zsa gabor"
