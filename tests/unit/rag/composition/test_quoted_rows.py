from __future__ import annotations

from rag.composition.quoted_rows import Rows
from rag.retrieval.evidence import Evidence
from rag.types import Span
from tests.support.builders.tables import MACHINES, table_document, table_material


def evidence(text: str, line: str) -> Evidence:
    start = text.index(line)
    span = Span(start=start, end=start + len(line))
    return Evidence(hit_index=0, span=span, text=line, score=1.0, cosine=0.5, words=frozenset())


def test_a_quoted_row_is_said_in_words_and_shown() -> None:
    document = table_document(MACHINES)
    rows = Rows(table_material("?", document))
    line = next(line for line in document.text.splitlines() if "Lathe" in line)
    said = rows.said(evidence(document.text, line))
    assert said is not None
    assert said.text.startswith("Lathe")
    assert said.marks
    (table,) = rows.shown()
    assert table.header == MACHINES[0]
    assert len(table.rows) == 1


def test_a_sentence_outside_of_tables_is_no_row() -> None:
    document = table_document(MACHINES, note="All machines are new.")
    rows = Rows(table_material("?", document))
    assert rows.said(evidence(document.text, "All machines are new.")) is None
    assert rows.shown() == ()


def test_only_the_column_that_is_asked_for_is_said() -> None:
    document = table_document(MACHINES)
    rows = Rows(table_material("how heavy is the drilling machine", document))
    line = next(line for line in document.text.splitlines() if "Mill" in line)
    said = rows.said(evidence(document.text, line))
    assert said is not None
    assert said.text == "Mill M-5: Weight 95 kg."
