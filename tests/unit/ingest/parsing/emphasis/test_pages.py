from __future__ import annotations

from pathlib import Path

import pytest

from rag.types import ExtractedText
from tests.unit.ingest.parsing.reading import read


def emphasised(extracted: ExtractedText) -> list[tuple[str, str]]:
    found = sorted(extracted.emphasis, key=lambda each: each.span)
    return [(each.kind.value, extracted.text[each.span.start : each.span.end]) for each in found]


def test_a_page(tmp_path: Path) -> None:
    page = (
        "<h1>The <b>rules</b></h1><p>Pay <b>at <i>once</i></b>, <span style='font-style: italic'>please</span>. "
        "See <a href='https://rules.example'>the <b>list</b></a>.</p><ol><li><strong>Keep</strong> it.</li></ol>"
        "<blockquote><p>Fines are <code>not</code> paid.</p></blockquote><pre><b>bold</b> code</pre>"
        "<table><tr><th><b>Name</b></th><th>Price</th></tr><tr><td>Pump</td><td><b>1,349 EUR</b></td></tr></table>"
    )
    assert emphasised(read(tmp_path, "rules.html", page)) == [
        ("strong", "at once"),
        ("emphasis", "once"),
        ("emphasis", "please"),
        ("strong", "list"),
        ("strong", "Keep"),
        ("quote", "Fines are not paid."),
        ("code", "not"),
        ("strong", "1,349 EUR"),
    ]


def test_markdown(tmp_path: Path) -> None:
    text = "---\ntitle: **No**\n---\n# A *title*\n\nPay **at once**, *please*: 2*3*4.\n\n> Fines are `not` paid.\n"
    assert emphasised(read(tmp_path, "rules.md", text)) == [
        ("strong", "at once"),
        ("emphasis", "please"),
        ("quote", "Fines are not paid."),
        ("code", "not"),
    ]


def test_a_mail(tmp_path: Path) -> None:
    mail = (
        "From: a@b.example\nSubject: Lamps\nContent-Type: text/html; charset=utf-8\n\n"
        "<p>The <b>lamps</b> are <i>red</i> today.</p>"
    )
    assert emphasised(read(tmp_path, "lamps.eml", mail)) == [("strong", "lamps"), ("emphasis", "red")]


def test_a_fault_of_the_finder_loses_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path) -> None:
        raise KeyError("w:p")

    monkeypatch.setattr("ingest.parsing.emphasis.pages.emphasised_in_markdown", fail)
    extracted = read(tmp_path, "rules.md", "Pay **at once**.")
    assert (extracted.text, extracted.emphasis) == ("Pay at once.", ())
