"""Word files, written as XML, for what no library writes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image

from ingest.intake.file_types import identify
from ingest.parsing.parser import DocumentParser
from rag.settings import OcrBackend
from rag.types import ElementKind, ExtractedText

PARSER = DocumentParser(OcrBackend.NONE, "eng")
_OFFICE = "http://schemas.openxmlformats.org"
_SPACES = " ".join(
    (
        f'xmlns:w="{_OFFICE}/wordprocessingml/2006/main"',
        f'xmlns:r="{_OFFICE}/officeDocument/2006/relationships"',
        f'xmlns:m="{_OFFICE}/officeDocument/2006/math"',
        f'xmlns:a="{_OFFICE}/drawingml/2006/main"',
        f'xmlns:c="{_OFFICE}/drawingml/2006/chart"',
        f'xmlns:wp="{_OFFICE}/drawingml/2006/wordprocessingDrawing"',
        f'xmlns:dgm="{_OFFICE}/drawingml/2006/diagram"',
        f'xmlns:mc="{_OFFICE}/markup-compatibility/2006"',
        'xmlns:v="urn:schemas-microsoft-com:vml"',
        'xmlns:o="urn:schemas-microsoft-com:office:office"',
    )
)
_ROOTS = {
    "document": "document",
    "styles": "styles",
    "numbering": "numbering",
    "footnotes": "footnotes",
    "endnotes": "endnotes",
    "comments": "comments",
    "settings": "settings",
    "header1": "hdr",
    "header2": "hdr",
    "header3": "hdr",
    "footer1": "ftr",
}
_TO_STRICT = (
    (f"{_OFFICE}/wordprocessingml/2006/", "http://purl.oclc.org/ooxml/wordprocessingml/"),
    (f"{_OFFICE}/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/"),
    (f"{_OFFICE}/drawingml/2006/", "http://purl.oclc.org/ooxml/drawingml/"),
)


def word_file(
    path: Path,
    body: str,
    *,
    links: str = "",
    strict: bool = False,
    embedded: Mapping[str, bytes] | None = None,
    members: Mapping[str, str] | None = None,
    **parts: str | bytes,
) -> Path:
    """Writes a file whose body is ``body``; other parts by name (``footnotes``), pictures and charts whole.

    ``embedded``: files by name, whose relation has the name without its extension; ``members``: other parts.
    """
    made: dict[str, str | bytes] = {f"word/embeddings/{name}": content for name, content in (embedded or {}).items()}
    made |= members or {}
    relations = [
        links,
        *(relation(name.partition(".")[0], "package", f"embeddings/{name}") for name in embedded or ()),
    ]
    for name, content in {"document": f"<w:body>{body}</w:body>", **parts}.items():
        if isinstance(content, bytes):
            made[f"word/media/{name}.png"] = content
            relations.append(relation(name, "image", f"media/{name}.png"))
        elif name in _ROOTS:
            root = _ROOTS[name]
            made[f"word/{name}.xml"] = f"<w:{root} {_SPACES}>{content}</w:{root}>"
            relations.append(relation(name, name.rstrip("123"), f"{name}.xml"))
        else:
            made[f"word/{name}.xml"] = content.replace(" ", f" {_SPACES} ", 1)
            relations.append(relation(name, name.rstrip("123"), f"{name}.xml"))
    types = f'<Types xmlns="{_OFFICE}/package/2006/content-types"/>'
    made["[Content_Types].xml"] = types
    made["_rels/.rels"] = _relations(relation("a", "officeDocument", "word/document.xml"))
    made["word/_rels/document.xml.rels"] = _relations("".join(relations))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in made.items():
            if strict and isinstance(content, str):
                for old, new in _TO_STRICT:
                    content = content.replace(old, new)  # noqa: PLW2901
            archive.writestr(name, content)
    return path


def _relations(inner: str) -> str:
    return f'<Relationships xmlns="{_OFFICE}/package/2006/relationships">{inner}</Relationships>'


def relation(key: str, kind: str, target: str) -> str:
    """Returns a relation of a part."""
    return f'<Relationship Id="{key}" Type="{_OFFICE}/officeDocument/2006/relationships/{kind}" Target="{target}"/>'


def link(key: str, address: str) -> str:
    """Returns the relation of an address outside of the file."""
    return relation(key, "hyperlink", address).replace("/>", ' TargetMode="External"/>')


def run(text: str, properties: str = "") -> str:
    """Returns a run of text."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*inner: str, properties: str = "") -> str:
    """Returns a paragraph; what is no element is made a run."""
    content = "".join(each if each.startswith("<") else run(each) for each in inner)
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def table(*rows: str) -> str:
    """Returns a table of ``row``s."""
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def row(*cells: str, properties: str = "") -> str:
    """Returns a row; what is no element is made a cell."""
    made = (each if each.startswith("<") else cell(paragraph(each)) for each in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(made)}</w:tr>"


def cell(inner: str, properties: str = "") -> str:
    """Returns a cell."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>"


def box(inner: str) -> str:
    """Returns a run with a text box, as new programs and as old ones read it."""
    content = f"<w:txbxContent>{inner}</w:txbxContent>"
    return (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{content}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{content}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def field(code: str, result: str) -> str:
    """Returns a field of several runs."""
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    return f"{marks[0]}<w:r><w:instrText>{code}</w:instrText></w:r>{marks[1]}{run(result)}{marks[2]}"


def png(width: int, height: int) -> bytes:
    """Returns a white picture."""
    target = BytesIO()
    Image.new("RGB", (width, height), "white").save(target, "PNG")
    return target.getvalue()


def parsed(path: Path) -> ExtractedText:
    """Reads a file as the parser process does, without text recognition."""
    return PARSER.parse(path, name=path.name, media_type=identify(path, path.name))


def texts(extracted: ExtractedText, kind: ElementKind) -> list[str]:
    """Returns the texts of the elements of a kind."""
    return [extracted.text[e.span.start : e.span.end] for e in extracted.elements if e.kind is kind]
