"""Files in office files: read as documents of their own, in every way that programs put them there."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from pptx.util import Inches

from ingest.intake.formats import MEDIA_TYPES
from tests.hostile_files.messages import compound
from tests.unit.ingest.parsing.office.files import PARSER, paragraph, parsed, png, run, word_file
from tests.unit.ingest.parsing.reading import paths


def workbook_bytes() -> bytes:
    made = openpyxl.Workbook()
    for row in (["Valve", "Torque"], ["A", "41 Nm"], ["B", "17 Nm"]):
        made.worksheets[0].append(row)
    target = BytesIO()
    made.save(target)
    return target.getvalue()


def packed(name: str, content: bytes) -> bytes:
    """Returns what Windows' packager writes into the stream Ole10Native."""
    label, path = name.encode() + b"\0", f"C:\\temp\\{name}".encode() + b"\0"
    body = (
        b"\x02\0" + label + path + struct.pack("<II", 3, len(path)) + path + struct.pack("<I", len(content)) + content
    )
    return struct.pack("<I", len(body)) + body


def embedding(relation: str, *, program: str = "Package", kind: str = "Embed") -> str:
    picture = '<v:shape alt="a sheet"><v:imagedata r:id="preview"/></v:shape>'
    ole = f'<o:OLEObject Type="{kind}" ProgID="{program}" r:id="{relation}"/>'
    return f"<w:r><w:object>{picture}{ole}</w:object></w:r>"


@pytest.mark.parametrize(
    ("name", "content", "heading"),
    [
        ("object1.xlsx", workbook_bytes(), "plan, embedded file 1.xlsx"),
        ("object1.bin", compound({"package": workbook_bytes()}), "plan, embedded file 1"),
        ("object1.bin", compound({"\x01Ole10Native": packed("valves.xlsx", workbook_bytes())}), "valves.xlsx"),
    ],
    ids=["package", "ole-package", "ole-packager"],
)
def test_a_workbook_in_a_word_file_is_read_in_place_of_its_picture(
    tmp_path: Path, name: str, content: bytes, heading: str
) -> None:
    path = word_file(
        tmp_path / "plan.docx",
        paragraph("The valves:", embedding("object1")) + paragraph("End."),
        embedded={name: content},
        preview=png(300, 200),
    )
    extracted = parsed(path)
    assert extracted.text.split("\n\n")[:3] == ["The valves:", "End.", heading]
    assert extracted.text.endswith("Valve: A; Torque: 41 Nm\nValve: B; Torque: 17 Nm")
    assert extracted.warnings == ()


def test_a_file_that_cannot_be_read_is_named_and_its_picture_described(tmp_path: Path) -> None:
    content = compound({"WordDocument": b"x" * 5_000})
    body = paragraph("Old:", embedding("object1", program="Word.Document.8"))
    extracted = parsed(word_file(tmp_path / "plan.docx", body, embedded={"object1.bin": content}))
    assert extracted.text == "Old:\n\na sheet"
    assert extracted.warnings == ("'plan, embedded file 1.doc' was not read: files of this type cannot be read",)


def test_equations_of_the_old_editor_are_counted(tmp_path: Path) -> None:
    content = compound({"Equation Native": b"x" * 5_000})
    body = paragraph("It is", embedding("object1", program="Equation.3"), "here.")
    extracted = parsed(word_file(tmp_path / "a.docx", body, embedded={"object1.bin": content}, preview=png(300, 200)))
    assert extracted.text == "It ishere."
    assert extracted.warnings == ("1 equation of an old editor not read",)


def test_an_inserted_document_stands_where_it_was_inserted(tmp_path: Path) -> None:
    page = b"<html><body><h2>Scope</h2><p>It covers ten pumps.</p></body></html>"
    body = paragraph("Before.") + '<w:altChunk r:id="chunk"/>' + paragraph("After.")
    extracted = parsed(word_file(tmp_path / "a.docx", body, embedded={"chunk.html": page}))
    assert extracted.text.split("\n\n") == ["Before.", "Scope", "It covers ten pumps.", "After."]


def test_files_in_slides_stand_on_their_slide(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Valves"
    slide.shapes.add_ole_object(BytesIO(workbook_bytes()), "Excel.Sheet.12", Inches(1), Inches(2), Inches(2), Inches(2))
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Next"
    deck.save(str(tmp_path / "plan.pptx"))
    extracted = parsed(tmp_path / "plan.pptx")
    heads = paths(extracted)
    assert heads["Valve: A; Torque: 41 Nm\nValve: B; Torque: 17 Nm"][:2] == ("Valves", "plan, embedded file 1")
    assert [each.page for each in extracted.elements] == [1, 1, 1, 2]


def test_files_on_sheets_are_read(tmp_path: Path) -> None:
    inner = docx.Document()
    inner.add_paragraph("Seals are changed in May.")
    target = BytesIO()
    inner.save(target)
    made = openpyxl.Workbook()
    made.worksheets[0]["A1"] = "Plan"
    made.save(tmp_path / "bare.xlsx")
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = f'<Relationship Id="r1" Type="{office}/package" Target="../embeddings/seals.docx"/>'
    with zipfile.ZipFile(tmp_path / "bare.xlsx") as bare, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name in bare.namelist():
            archive.writestr(name, bare.read(name))
        archive.writestr("xl/embeddings/seals.docx", target.getvalue())
        archive.writestr("xl/worksheets/_rels/sheet1.xml.rels", f"<Relationships>{relation}</Relationships>")
    extracted = PARSER.parse(tmp_path / "a.xlsx", name="a.xlsx", media_type=MEDIA_TYPES[".xlsx"])
    assert extracted.text.split("\n\n") == ["Plan", "a, embedded file 1.docx", "Seals are changed in May."]


def test_files_in_files_in_files_are_read(tmp_path: Path) -> None:
    content = b""
    for depth in range(6):
        name = tmp_path / f"{depth}.docx"
        body = paragraph(f"Depth {depth}.", embedding("object1") if content else run(""))
        word_file(name, body, embedded={"object1.docx": content} if content else {})
        content = name.read_bytes()
    extracted = PARSER.parse(tmp_path / "2.docx", name="a.docx", media_type=MEDIA_TYPES[".docx"])
    assert "Depth 0." in extracted.text


@pytest.mark.parametrize("native", [b"", b"\xff" * 40, struct.pack("<I", 2**31) + b"\x02\0" + b"a" * 50])
def test_damaged_objects_are_named(tmp_path: Path, native: bytes) -> None:
    content = compound({"\x01Ole10Native": native.ljust(5_000, b"\xff")})
    body = paragraph("Text.", embedding("object1"))
    extracted = parsed(word_file(tmp_path / "a.docx", body, embedded={"object1.bin": content}))
    assert extracted.text == "Text.\n\na sheet"
    assert extracted.warnings
