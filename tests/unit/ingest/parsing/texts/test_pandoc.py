from pathlib import Path

from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import read, texts


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
