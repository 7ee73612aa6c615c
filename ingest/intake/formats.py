"""The supported file formats, one record each. To add one, add a record here and the function that it names.

Intake identifies files by this table, and the parser process finds the function that reads a file in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
# Other bytes may stand before it: readers look in the first kilobyte (ISO 32000-1, annex H.3.4.1).
_PDF_MAGIC = re.compile(rb"\A.{0,1019}?%PDF-", re.DOTALL)
_RTF_MAGIC = re.compile(rb"\{\\rtf")
_PNG_MAGIC = re.compile(rb"\x89PNG\r\n\x1a\n")
_JPEG_MAGIC = re.compile(rb"\xff\xd8\xff")
_TIFF_MAGIC = re.compile(rb"II\*\0|MM\0\*|II\+\0|MM\0\+")
_BMP_MAGIC = re.compile(rb"BM.{4}\0{4}", re.DOTALL)
_WEBP_MAGIC = re.compile(rb"RIFF.{4}WEBP", re.DOTALL)


class Container(Enum):
    """The nature of a format's bytes, which decides how it is told from others."""

    BINARY = auto()
    """Its first bytes match ``magic``."""
    IMAGE = auto()
    """The same; an image under another image's name is accepted."""
    ZIP = auto()
    """It has a file in ``zip_folder``; without one its ``mimetype`` file holds the media type."""
    OLE = auto()
    """It has one of ``ole_streams``."""
    TEXT = auto()
    """Its content looks like text; its extension tells the format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format.

    Args:
        media_type: its name in the API and in the catalogue.
        extensions: its file name extensions, lower case, with the dot; a blob without a name gets the first one.
        container: the nature of its bytes.
        reader: ``module:function``, imported in the parser process with the first such file. It is called with
            (path, name) and returns the title, which may be empty, and the blocks.
        parser: the name of the library that reads it, stored with the extracted text.
        has_pictures: its pages may be pictures. ``reader`` is then called as ``parse_pdf`` is, with the recogniser.
        magic: a pattern that matches at the beginning of its files.
        zip_folder: the folder of the main part of an Office Open XML file, with a slash at its end.
        ole_streams: names that its OLE directory has.
        attaches_files: its OLE directory also has the names of its attachments, so that it is looked for first.
    """

    media_type: str
    extensions: tuple[str, ...]
    container: Container
    reader: str
    parser: str = ""
    has_pictures: bool = False
    magic: re.Pattern[bytes] | None = None
    zip_folder: str = ""
    ole_streams: tuple[str, ...] = ()
    attaches_files: bool = False


def _image(media_type: str, extensions: tuple[str, ...], magic: re.Pattern[bytes]) -> Format:
    return Format(
        media_type=media_type,
        extensions=extensions,
        container=Container.IMAGE,
        reader="ingest.parsing.scans.images:parse_image",
        has_pictures=True,
        magic=magic,
    )


FORMATS = (
    Format(
        media_type="application/pdf",
        extensions=(".pdf",),
        container=Container.BINARY,
        reader="ingest.parsing.pdf.pdfium_parser:parse_pdf",
        has_pictures=True,
        magic=_PDF_MAGIC,
    ),
    Format(
        media_type=f"{_OPEN_XML}.wordprocessingml.document",
        extensions=(".docx",),
        container=Container.ZIP,
        reader="ingest.parsing.formats.unstructured_parser:read_docx",
        parser="unstructured",
        zip_folder="word/",
    ),
    Format(
        media_type=f"{_OPEN_XML}.presentationml.presentation",
        extensions=(".pptx",),
        container=Container.ZIP,
        reader="ingest.parsing.formats.unstructured_parser:read_pptx",
        parser="unstructured",
        zip_folder="ppt/",
    ),
    Format(
        media_type=f"{_OPEN_XML}.spreadsheetml.sheet",
        extensions=(".xlsx",),
        container=Container.ZIP,
        reader="ingest.parsing.formats.spreadsheets:read_xlsx",
        parser="openpyxl",
        zip_folder="xl/",
    ),
    Format(
        media_type="application/vnd.ms-excel",
        extensions=(".xls",),
        container=Container.OLE,
        reader="ingest.parsing.formats.spreadsheets:read_xls",
        parser="xlrd",
        ole_streams=("Workbook", "Book"),
    ),
    Format(
        media_type="text/html",
        extensions=(".html", ".htm", ".xhtml"),
        container=Container.TEXT,
        reader="ingest.parsing.formats.unstructured_parser:read_html",
        parser="unstructured",
    ),
    Format(
        media_type="text/markdown",
        extensions=(".md", ".markdown"),
        container=Container.TEXT,
        reader="ingest.parsing.formats.unstructured_parser:read_markdown",
        parser="unstructured",
    ),
    Format(
        media_type="text/plain",
        extensions=(".txt", ".text", ".log"),
        container=Container.TEXT,
        reader="ingest.parsing.formats.plain_text:read_text",
        parser="text",
    ),
    Format(
        media_type="text/x-rst",
        extensions=(".rst",),
        container=Container.TEXT,
        reader="ingest.parsing.formats.unstructured_parser:read_rst",
        parser="pandoc",
    ),
    Format(
        media_type="text/csv",
        extensions=(".csv",),
        container=Container.TEXT,
        reader="ingest.parsing.formats.spreadsheets:read_csv",
        parser="csv",
    ),
    Format(
        media_type="text/tab-separated-values",
        extensions=(".tsv",),
        container=Container.TEXT,
        reader="ingest.parsing.formats.spreadsheets:read_tsv",
        parser="csv",
    ),
    Format(
        media_type="application/json",
        extensions=(".json",),
        container=Container.TEXT,
        reader="ingest.parsing.formats.structured_data:read_json",
        parser="json",
    ),
    Format(
        media_type="application/xml",
        extensions=(".xml",),
        container=Container.TEXT,
        reader="ingest.parsing.formats.structured_data:read_xml",
        parser="xml",
    ),
    Format(
        media_type="message/rfc822",
        extensions=(".eml",),
        container=Container.TEXT,
        reader="ingest.parsing.formats.mail:read_eml",
        parser="email",
    ),
    Format(
        media_type="application/vnd.ms-outlook",
        extensions=(".msg",),
        container=Container.OLE,
        reader="ingest.parsing.formats.mail:read_msg",
        parser="oxmsg",
        ole_streams=("__properties_version1.0", "__substg1.0_"),
        attaches_files=True,
    ),
    Format(
        media_type="application/rtf",
        extensions=(".rtf",),
        container=Container.BINARY,
        reader="ingest.parsing.formats.unstructured_parser:read_rtf",
        parser="pandoc",
        magic=_RTF_MAGIC,
    ),
    Format(
        media_type="application/vnd.oasis.opendocument.text",
        extensions=(".odt",),
        container=Container.ZIP,
        reader="ingest.parsing.formats.unstructured_parser:read_odt",
        parser="pandoc",
    ),
    Format(
        media_type="application/epub+zip",
        extensions=(".epub",),
        container=Container.ZIP,
        reader="ingest.parsing.formats.unstructured_parser:read_epub",
        parser="pandoc",
    ),
    _image("image/png", (".png",), _PNG_MAGIC),
    _image("image/jpeg", (".jpg", ".jpeg"), _JPEG_MAGIC),
    _image("image/tiff", (".tif", ".tiff"), _TIFF_MAGIC),
    _image("image/bmp", (".bmp",), _BMP_MAGIC),
    _image("image/webp", (".webp",), _WEBP_MAGIC),
)

BY_MEDIA_TYPE = {each.media_type: each for each in FORMATS}
MEDIA_TYPES = {extension: each.media_type for each in FORMATS for extension in each.extensions}
"""The supported name extensions, lower case, and the media type each stands for."""


def supported_extensions() -> tuple[str, ...]:
    """Returns the supported name extensions without their dots, sorted."""
    return tuple(sorted(extension[1:] for extension in MEDIA_TYPES))
