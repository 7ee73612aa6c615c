from pathlib import Path

from ingest.parsing.texts.markup_dialects import asciidoc, org, rst
from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import read, texts


def test_versions_and_signatures_of_sphinx_are_words(tmp_path: Path) -> None:
    text = (
        "Pump\n====\n\n.. py:function:: start(speed=1)\n\n   Starts the pump.\n\n   .. versionadded:: 2.3\n"
        "      The speed.\n\n.. deprecated:: 3.0\n\nSee :doc:`the guide <guide>`.\n\n.. only:: html\n\n   On the web.\n"
    )
    assert texts(read(tmp_path, "a.rst", text)) == [
        *("Pump", "start(speed=1)", "Starts the pump.", "Added in version 2.3: The speed."),
        *("Deprecated since version 3.0", "See the guide.", "On the web."),
    ]


def test_files_that_a_text_includes_are_named() -> None:
    assert rst(".. include:: rules.rst\n") == "include: rules.rst\n"
    assert asciidoc("include::rules.adoc[leveloffset=1]\n") == "include: rules.adoc\n"


def test_revision_and_conditions_of_asciidoc(tmp_path: Path) -> None:
    text = (
        "= Pump\nAda Holm\nv2.1, 2031-03-04\n:toc:\n\nShut.\n\nifdef::web[]\nOnline.\nendif::[]\n\nifdef::web[Now.]\n"
    )
    assert texts(read(tmp_path, "a.adoc", text)) == [
        "Pump",
        "Ada Holm",
        "Version: v2.1, 2031-03-04",
        "Shut.",
        "Online.",
        "Now.",
    ]


def test_days_properties_and_tags_of_org(tmp_path: Path) -> None:
    drawer = "  :PROPERTIES:\n  :Owner: Bo\n  :ID: 7f\n  :END:\n"
    text = f"* TODO Buy ropes :shop:yard:\n  DEADLINE: <2031-05-02 Fri>\n{drawer}  Two.\n"
    extracted = read(tmp_path, "a.org", text)
    assert texts(extracted, ElementKind.HEADING) == ["TODO Buy ropes (shop, yard)"]
    assert "DEADLINE: 2031-05-02 Fri" in extracted.text
    assert "Owner: Bo" in extracted.text
    assert "7f" not in extracted.text
    assert org("No planning.") == "No planning."


def test_a_style_is_no_signature() -> None:
    assert rst(".. class:: wide\n") == ".. class:: wide\n"
    assert "``Pump(speed)``" in rst(".. class:: Pump(speed)\n")
