from pathlib import Path

from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import paths, read, texts


def test_the_source_is_read_where_pandoc_refuses_it(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.typ", '#import "missing.typ": f\nThe gate is shut.')
    assert "The gate is shut." in extracted.text


def test_a_document_that_includes_others_is_read_with_their_names(tmp_path: Path) -> None:
    text = "= Port\n\n|===\n|Gate |Hours\n|North |9\n|===\n\ninclude::rules.adoc[leveloffset=1]\n"
    extracted = read(tmp_path, "a.adoc", text)
    assert texts(extracted, ElementKind.TABLE) == ["Gate: North; Hours: 9"]
    assert "include: rules.adoc" in extracted.text


def test_environments_of_formulas_are_no_words(tmp_path: Path) -> None:
    text = "\\begin{document}Depth:\n\\begin{equation}d = 2h\\end{equation}\n\\end{document}"
    extracted = read(tmp_path, "a.tex", text)
    assert "d = 2h" in extracted.text
    assert "equation" not in extracted.text


def test_the_fields_and_the_notes_of_restructured_text_are_read_below_its_title(tmp_path: Path) -> None:
    text = (
        "=====\nQuays\n=====\n\n:State: in force\n:Keeper: Ada Holm,\n  Vik\n\n.. tip::\n\n   Ring first.\n\n"
        "Berths\n======\n\n.. rubric:: North side\n\nSix berths.\n\nmast\n    A pole.\n"
    )
    extracted = read(tmp_path, "a.rst", text)
    assert texts(extracted) == [
        *("Quays", "State: in force", "Keeper: Ada Holm, Vik", "Tip: Ring first."),
        *("Berths", "North side", "Six berths.", "mast: A pole."),
    ]
    assert paths(extracted)["Six berths."] == ("Quays", "Berths", "North side")


def test_the_properties_of_rich_text_are_not_its_words(tmp_path: Path) -> None:
    text = r"{\rtf1\ansi{\info{\title Draft 3}{\author Ann Bee}}Pay B\u248?rge by May.\par}"
    extracted = read(tmp_path, "a.rtf", text)
    assert extracted.text == "Pay Børge by May."
    assert extracted.title == "Draft 3"
