"""Zip-based documents, small and sound, as other modules here spoil them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pptx
from pptx.util import Inches

KINDS = ("docx", "xlsx", "pptx", "odt", "ods", "epub")
WORDS = "Harmless words stand here."
"""The text of every document that this package makes."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_TYPES = "application/vnd.openxmlformats-officedocument"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_MAIN_PARTS = {
    "docx": "word/document.xml",
    "xlsx": "xl/worksheets/sheet1.xml",
    "pptx": "ppt/slides/slide1.xml",
    "odt": "content.xml",
    "ods": "content.xml",
    "epub": "chapter.xhtml",
}


def document(kind: str) -> bytes:
    """Returns a document with nothing wrong in it; its text is ``WORDS``."""
    return zipped(members(kind))


def members(kind: str) -> dict[str, bytes]:
    """Returns the files in a document of one of ``KINDS``."""
    if kind == "pptx":
        return _presentation()
    return {name: content.encode() for name, content in _TEXTS[kind].items()}


def main_part(kind: str) -> str:
    """Returns the name of the member that holds ``WORDS``."""
    return _MAIN_PARTS[kind]


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Returns a zip file; ``mimetype`` is not compressed, as ODF and EPUB ask."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=method)
    return target.getvalue()


def _presentation() -> dict[str, bytes]:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    slide.shapes.add_textbox(Inches(1), Inches(1), Inches(5), Inches(1)).text_frame.text = WORDS
    target = io.BytesIO()
    presentation.save(target)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _package(main: str, content_type: str, relation: str = "officeDocument") -> dict[str, str]:
    """Returns the two files that every Open Packaging Conventions file needs."""
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{_TYPES}.{content_type}.main+xml"/>'
        f'<Override PartName="/{_MAIN_PARTS["xlsx"]}" ContentType="{_TYPES}.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": _relation(relation, main),
    }


def _relation(kind: str, target: str) -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
    )


_TEXTS = {
    "docx": {
        **_package(_MAIN_PARTS["docx"], "wordprocessingml.document"),
        "word/document.xml": f'{_HEAD}<w:document xmlns:w="{_OFFICE}/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        f"<w:t>{WORDS}</w:t></w:r></w:p></w:body></w:document>",
    },
    "xlsx": {
        **_package("xl/workbook.xml", "spreadsheetml.sheet"),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_OFFICE}/spreadsheetml/2006/main" '
        f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships"><sheets>'
        '<sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'{_HEAD}<worksheet xmlns="{_OFFICE}/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>{WORDS}</t></is></c></row></sheetData></worksheet>',
    },
    "odt": {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": f'{_HEAD}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0"><manifest:file-entry '
        'manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>',
        "content.xml": f'{_HEAD}<office:document-content xmlns:office="{_ODF}:office:1.0" '
        f'xmlns:text="{_ODF}:text:1.0" office:version="1.2"><office:body><office:text><text:p>{WORDS}</text:p>'
        "</office:text></office:body></office:document-content>",
        "styles.xml": f'{_HEAD}<office:document-styles xmlns:office="{_ODF}:office:1.0" '
        'office:version="1.2"><office:styles/></office:document-styles>',
    },
    "ods": {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f'{_HEAD}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0"/>',
        "content.xml": f'{_HEAD}<office:document-content xmlns:office="{_ODF}:office:1.0" '
        f'xmlns:table="{_ODF}:table:1.0" xmlns:text="{_ODF}:text:1.0" office:version="1.2"><office:body>'
        "<office:spreadsheet><table:table><table:table-row><table:table-cell>"
        f"<text:p>{WORDS}</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>"
        "</office:body></office:document-content>",
    },
    "epub": {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": f'{_HEAD}<container version="1.0" '
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="book.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles></container>',
        "book.opf": f'{_HEAD}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">b</dc:identifier>'
        '<dc:title>A book</dc:title><dc:language>en</dc:language></metadata><manifest><item id="c" '
        'href="chapter.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c"/></spine>'
        "</package>",
        "chapter.xhtml": f'{_HEAD}<html xmlns="http://www.w3.org/1999/xhtml"><head><title>One</title></head><body>'
        f"<p>{WORDS}</p></body></html>",
    },
}
