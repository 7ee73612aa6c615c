"""Rebuilds the sample documents that are not plain text, from the texts in ``sample/sources``.

Run ``python -m evals.datasets.build_sample`` after editing a source; the files that it writes are committed. It needs
``fpdf2`` besides the packages that Citewell installs. With fixed dates, the same library versions give the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import docx
import pptx
from docx.oxml.ns import qn
from docx.table import Table
from fpdf import FPDF
from openpyxl import Workbook
from pptx.slide import Slide
from pptx.text.text import TextFrame
from pptx.util import Cm, Pt

from evals.datasets.scanned_page import scanned_page

SAMPLE = Path(__file__).parent / "sample"
AUTHOR = "Citewell samples"
CREATED = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
OFFICE_PROPERTIES = {
    "docProps/app.xml": (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        f"<Application>{AUTHOR}</Application></Properties>"
    ),
    "docProps/core.xml": (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        "<dc:title>{title}</dc:title>"
        f"<dc:creator>{AUTHOR}</dc:creator><cp:lastModifiedBy>{AUTHOR}</cp:lastModifiedBy>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{CREATED:%Y-%m-%dT%H:%M:%SZ}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{CREATED:%Y-%m-%dT%H:%M:%SZ}</dcterms:modified>'
        "</cp:coreProperties>"
    ),
}


class BlockKind(Enum):
    """The kind of a block in a source text."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    TABLE = "table"
    DIRECTIVE = "directive"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBlock:
    """One block of a source. ``level`` counts from 1 and matters for headings only; ``rows`` for tables only."""

    kind: BlockKind
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def parse_blocks(source: str) -> Iterator[SourceBlock]:
    """Yields the blocks of a source: headings, one-line paragraphs, ``-`` items, pipe tables and comments."""
    for part in re.split(r"\n{2,}|\n(?=- )|\n(?=<!--)", source.strip()):
        if heading := re.fullmatch(r"(#+) (.+)", part):
            yield SourceBlock(kind=BlockKind.HEADING, text=heading[2], level=len(heading[1]))
        elif part.startswith("- "):
            yield SourceBlock(kind=BlockKind.ITEM, text=part[2:])
        elif part.startswith("|"):
            lines = [line for line in part.splitlines() if not re.fullmatch(r"[|-]+", line)]
            rows = tuple(tuple(cell.strip() for cell in line[1:-1].split("|")) for line in lines)
            yield SourceBlock(kind=BlockKind.TABLE, rows=rows)
        elif directive := re.fullmatch(r"<!-- (.+) -->", part):
            yield SourceBlock(kind=BlockKind.DIRECTIVE, text=directive[1])
        else:
            yield SourceBlock(kind=BlockKind.PARAGRAPH, text=" ".join(part.split("\n")))


def write_docx(blocks: Sequence[SourceBlock], target: Path) -> None:
    """Writes a Word document with real headings, bullet lists and gridded tables."""
    document = docx.Document()
    normal = document.styles["Normal"]
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "SimSun")
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            document.add_heading(block.text, level=block.level - 1)
        elif block.kind is BlockKind.TABLE:
            _fill_docx_table(document.add_table(len(block.rows), len(block.rows[0])), block.rows)
        else:
            style = "List Bullet" if block.kind is BlockKind.ITEM else None
            document.add_paragraph(block.text, style=style)
    buffer = io.BytesIO()
    document.save(buffer)
    _write_office_file(buffer, target, title=blocks[0].text)


def _fill_docx_table(table: Table, rows: Sequence[Sequence[str]]) -> None:
    table.style = "Table Grid"
    for row_number, row in enumerate(rows):
        for cell, text in zip(table.rows[row_number].cells, row, strict=True):
            cell.paragraphs[0].add_run(text).bold = row_number == 0


def write_xlsx(blocks: Sequence[SourceBlock], target: Path) -> None:
    """Writes a workbook with a sheet for each second-level heading and the table that follows it."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for heading, table in zip(blocks[1::2], blocks[2::2], strict=True):
        sheet = workbook.create_sheet(heading.text)
        sheet.freeze_panes = "A2"
        for row in table.rows:
            sheet.append([int(cell) if cell.isdecimal() else cell for cell in row])
    buffer = io.BytesIO()
    workbook.save(buffer)
    _write_office_file(buffer, target, title=blocks[0].text)


def write_pptx(blocks: Sequence[SourceBlock], target: Path) -> None:
    """Writes a presentation with a title slide and a slide for each second-level heading."""
    deck = pptx.Presentation()
    starts = [number for number, block in enumerate(blocks) if block.kind is BlockKind.HEADING]
    for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
        body = blocks[start + 1 : end]
        tables = [block for block in body if block.kind is BlockKind.TABLE]
        layout = 0 if start == 0 else 5 if tables else 1  # title slide, title only, title and content
        slide = deck.slides.add_slide(deck.slide_layouts[layout])
        title = slide.shapes.title
        if title is not None:
            title.text_frame.text = blocks[start].text
        texts = "\n".join(block.text for block in body if block.kind is not BlockKind.TABLE)
        if not tables:
            _fill_frame(slide.placeholders[1].text_frame, texts)
        else:
            _add_slide_table(slide, tables[0].rows)
        if tables and texts:
            _fill_frame(slide.shapes.add_textbox(Cm(1.5), Cm(15), Cm(22), Cm(2.5)).text_frame, texts)
    buffer = io.BytesIO()
    deck.save(buffer)
    _write_office_file(buffer, target, title=blocks[0].text)


def _fill_frame(frame: TextFrame, text: str) -> None:
    frame.text, frame.word_wrap = text, True
    for paragraph in frame.paragraphs:
        paragraph.font.size = Pt(20)


def _add_slide_table(slide: Slide, rows: Sequence[Sequence[str]]) -> None:
    frame = slide.shapes.add_table(len(rows), len(rows[0]), Cm(1.5), Cm(4.5), Cm(22), Cm(8))
    for row_number, row in enumerate(rows):
        for column, text in enumerate(row):
            paragraph = frame.table.cell(row_number, column).text_frame.paragraphs[0]
            paragraph.text, paragraph.font.size = text, Pt(14)


def _write_office_file(buffer: io.BytesIO, target: Path, *, title: str) -> None:
    """Repacks an Office file with our own properties and without the current time."""
    with zipfile.ZipFile(buffer) as packed, zipfile.ZipFile(target, "w") as clean:
        for name in packed.namelist():
            content = packed.read(name)
            if name in OFFICE_PROPERTIES:
                content = OFFICE_PROPERTIES[name].replace("{title}", title).encode()
            clean.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


class ManualPdf(FPDF):
    """An A4 manual in standard PDF fonts, with a footer on each page."""

    def footer(self) -> None:
        """Draws the footer of a page."""
        self.set_y(-14)
        self.set_font("Helvetica", size=8)
        self.cell(0, 6, f"Fjord installation manual, edition 6, January 2026 - page {self.page_no()}", align="C")


def write_pdf(blocks: Sequence[SourceBlock], target: Path) -> None:
    """Writes a PDF with real text; text between the column directives is set in two columns."""
    pdf = ManualPdf()
    _describe_pdf(pdf, blocks[0].text)
    pdf.set_margin(20)
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.add_page()
    texts = [block.text for block in blocks]
    first, last = texts.index("two columns"), texts.index("one column")
    for block in blocks[:first]:
        _draw_block(pdf, block)
    with pdf.text_columns(ncols=2, gutter=8, text_align="LEFT", line_height=1.3, balance=True) as columns:
        for block in blocks[first + 1 : last]:
            is_heading = block.kind is BlockKind.HEADING
            pdf.set_font("Helvetica", style="B" if is_heading else "", size=13 if is_heading else 10)
            with columns.paragraph(bottom_margin=3) as paragraph:
                paragraph.write(block.text)
    for block in blocks[last + 1 :]:
        _draw_block(pdf, block)
    pdf.output(str(target))


def _draw_block(pdf: FPDF, block: SourceBlock) -> None:
    if block.kind is BlockKind.DIRECTIVE:
        pdf.add_page()
    elif block.kind is BlockKind.HEADING:
        pdf.set_font("Helvetica", style="B", size={1: 18, 2: 13}.get(block.level, 11))
        pdf.multi_cell(0, 8, block.text, align="L", new_x="LMARGIN", new_y="NEXT")
    elif block.kind is BlockKind.TABLE:
        pdf.set_font("Helvetica", size=9)
        with pdf.table(block.rows, line_height=5, text_align="LEFT"):
            pass
        pdf.ln(3)
    else:
        pdf.set_font("Helvetica", size=10)
        mark = "- " if block.kind is BlockKind.ITEM else ""
        pdf.multi_cell(0, 5, mark + block.text, align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(1 if mark else 2)


def write_scan(blocks: Sequence[SourceBlock], target: Path) -> None:
    """Writes a PDF of one page that holds only an image, like a scan."""
    lines = [(block.text, {1: 46, 2: 31}.get(block.level, 25)) for block in blocks]
    pdf = FPDF()
    _describe_pdf(pdf, "Scan")
    pdf.add_page()
    pdf.image(scanned_page(lines), x=0, y=0, w=pdf.w, h=pdf.h)
    pdf.output(str(target))


def _describe_pdf(pdf: FPDF, title: str) -> None:
    pdf.set_title(title)
    pdf.set_author(AUTHOR)
    pdf.set_creator(AUTHOR)
    pdf.set_producer(AUTHOR)
    pdf.set_creation_date(CREATED)


WRITERS = {
    "fjord-installation-manual.pdf": write_pdf,
    "pressure-test-certificate.pdf": write_scan,
    "price-list-and-sales.xlsx": write_xlsx,
    "service-partner-agreement.docx": write_docx,
    "strategy-review-2026.pptx": write_pptx,
    "travel-and-expenses-policy.docx": write_docx,
    "warranty-terms-china.docx": write_docx,
}


def build(folder: Path) -> None:
    """Writes every generated sample document into ``folder``, which must exist."""
    for name, write in WRITERS.items():
        source = (SAMPLE / "sources" / name).with_suffix(".md").read_text(encoding="utf-8")
        write(tuple(parse_blocks(source)), folder / name)


if __name__ == "__main__":
    build(SAMPLE / "documents")
