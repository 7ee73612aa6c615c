"""The supported file formats, one record each. To add one, add a record here and the function that it names.

Intake identifies files by this table, and the parser process finds the function that reads a file in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import PurePosixPath

from ingest.intake.text_formats import EXTENSIONS_OF_NAMES, TEXT_FORMATS

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
# Other bytes may stand before it: readers look in the first kilobyte (ISO 32000-1, annex H.3.4.1).
_PDF_MAGIC = re.compile(rb"\A.{0,1019}?%PDF-", re.DOTALL)
_RTF_MAGIC = re.compile(rb"\{\\rtf")
_TNEF_MAGIC = re.compile(rb"\x78\x9f\x3e\x22")
_PNG_MAGIC = re.compile(rb"\x89PNG\r\n\x1a\n")
_JPEG_MAGIC = re.compile(rb"\xff\xd8\xff")
_TIFF_MAGIC = re.compile(rb"II\*\0|MM\0\*|II\+\0|MM\0\+")
_BMP_MAGIC = re.compile(rb"BM.{4}\0{4}", re.DOTALL)
_WEBP_MAGIC = re.compile(rb"RIFF.{4}WEBP", re.DOTALL)

_COUNTERS = "ingest.parsing.texts.counters"
_EMPHASIS = "ingest.parsing.emphasis"
_COUNTED = {
    "ingest.parsing.texts.source_code:read_code": "held_in_text",
    "ingest.parsing.texts.logs:read_log": "held_in_text",
    "ingest.parsing.texts.configuration:read_ini": "held_in_settings",
    "ingest.parsing.formats.structured_data:read_json": "held_in_json",
    "ingest.parsing.texts.pandoc:read_fb2": "held_in_xml",
    "ingest.parsing.texts.pandoc:read_docbook": "held_in_xml",
}


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
            (path, name) and returns the title, which may be empty, and the blocks; or an ``ExtractedText``, which can
            also hold warnings and what was left out on purpose.
        parser: the name of the library that reads it, stored with the extracted text.
        has_pictures: it may hold pictures of text. ``reader`` is then called as ``parse_pdf`` is, with the recogniser,
            and returns an ``ExtractedText``.
        holds_files: other files may stand in it. ``reader`` is then called with (path, name, files), or with ``files``
            beside the recogniser; ``files`` reads these (see ``ingest/parsing/containers/inner_files.py``). It returns
            an ``ExtractedText``.
        counter: ``module:function``, called with the path after ``reader``. It returns the texts that the file holds,
            by kind, for ``missing_words`` in ``ingest/parsing/completeness.py``. Where ``reader`` has a fault on a
            zip-based file, they are its text, with a warning.
        emphasis: ``module:function``, called with the path. It yields the paragraphs that the file holds, with what is
            emphasised in them (see ``ingest/parsing/emphasis/placing.py``).
        fallback: ``module:function``, called with the path where ``reader`` has a fault, before ``counter``. It returns
            the blocks.
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
    holds_files: bool = False
    counter: str = ""
    emphasis: str = ""
    fallback: str = ""
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


def _open_document(kind: str, extension: str, reader: str, counter: str, emphasis: str = "") -> Format:
    return Format(
        media_type=f"application/vnd.oasis.opendocument.{kind}",
        extensions=(extension,),
        container=Container.ZIP,
        reader=f"ingest.parsing.{reader}",
        has_pictures=True,
        holds_files=True,
        counter=f"ingest.parsing.{counter}",
        emphasis=emphasis,
    )


def _text(media_type: str, extensions: str, reader: str) -> Format:
    return Format(
        media_type=media_type,
        extensions=tuple(extensions.split()),
        container=Container.TEXT,
        reader=reader,
        parser=reader.partition(":")[0].rpartition(".")[2],
        counter=f"{_COUNTERS}:{_COUNTED[reader]}" if reader in _COUNTED else "",
    )


FORMATS = (
    Format(
        media_type="application/pdf",
        extensions=(".pdf",),
        container=Container.BINARY,
        reader="ingest.parsing.pdf.pdfium_parser:parse_pdf",
        counter="ingest.parsing.pdf.counter:held_in_pdf",
        has_pictures=True,
        holds_files=True,
        magic=_PDF_MAGIC,
    ),
    Format(
        media_type=f"{_OPEN_XML}.wordprocessingml.document",
        extensions=(".docx", ".docm", ".dotx", ".dotm"),
        container=Container.ZIP,
        reader="ingest.parsing.office.word_files.word:read_word",
        has_pictures=True,
        holds_files=True,
        counter="ingest.parsing.office.counters:held_in_docx",
        emphasis=f"{_EMPHASIS}.office:emphasised_in_docx",
        fallback="ingest.parsing.office.by_unstructured:read_docx",
        zip_folder="word/",
    ),
    Format(
        media_type=f"{_OPEN_XML}.presentationml.presentation",
        extensions=(".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"),
        container=Container.ZIP,
        reader="ingest.parsing.office.slide_files.slides:read_slides",
        has_pictures=True,
        holds_files=True,
        counter="ingest.parsing.office.counters:held_in_pptx",
        emphasis=f"{_EMPHASIS}.office:emphasised_in_pptx",
        fallback="ingest.parsing.office.by_unstructured:read_pptx",
        zip_folder="ppt/",
    ),
    Format(
        media_type=f"{_OPEN_XML}.spreadsheetml.sheet",
        extensions=(".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb"),
        container=Container.ZIP,
        reader="ingest.parsing.sheets.reading:read_xlsx",
        has_pictures=True,
        holds_files=True,
        counter="ingest.parsing.sheets.counters:held_in_xlsx",
        zip_folder="xl/",
    ),
    Format(
        media_type="application/vnd.ms-excel",
        extensions=(".xls",),
        container=Container.OLE,
        reader="ingest.parsing.sheets.reading:read_xls",
        parser="xlrd",
        counter="ingest.parsing.sheets.counters:held_in_xls",
        ole_streams=("Workbook", "Book"),
    ),
    Format(
        media_type="text/html",
        extensions=(".html", ".htm", ".xhtml"),
        container=Container.TEXT,
        reader="ingest.parsing.formats.html_blocks:read_html",
        counter=f"{_COUNTERS}:held_in_html",
        emphasis=f"{_EMPHASIS}.pages:emphasised_in_html",
        parser="lxml",
    ),
    Format(
        media_type="text/markdown",
        extensions=(".md", ".markdown", ".mdx", ".mkd", ".mdown", ".qmd", ".rmd"),
        container=Container.TEXT,
        reader="ingest.parsing.formats.markdown:read_markdown",
        counter=f"{_COUNTERS}:held_in_markdown",
        emphasis=f"{_EMPHASIS}.pages:emphasised_in_markdown",
        parser="markdown-it",
    ),
    Format(
        media_type="text/plain",
        extensions=(".txt", ".text"),
        container=Container.TEXT,
        reader="ingest.parsing.texts.text_files:read_text",
        counter=f"{_COUNTERS}:held_in_text",
        parser="text",
    ),
    Format(
        media_type="text/x-rst",
        extensions=(".rst",),
        container=Container.TEXT,
        reader="ingest.parsing.texts.pandoc:read_rst",
        parser="pandoc",
    ),
    Format(
        media_type="text/csv",
        extensions=(".csv",),
        container=Container.TEXT,
        reader="ingest.parsing.sheets.delimited:read_csv",
        parser="csv",
        counter="ingest.parsing.sheets.counters:held_in_delimited",
    ),
    Format(
        media_type="text/tab-separated-values",
        extensions=(".tsv",),
        container=Container.TEXT,
        reader="ingest.parsing.sheets.delimited:read_tsv",
        parser="csv",
        counter="ingest.parsing.sheets.counters:held_in_delimited",
    ),
    Format(
        media_type="application/json",
        extensions=(".json",),
        container=Container.TEXT,
        reader="ingest.parsing.formats.structured_data:read_json",
        counter=f"{_COUNTERS}:held_in_json",
        parser="json",
    ),
    Format(
        media_type="application/xml",
        extensions=(
            *(".xml", ".xsd", ".xsl", ".xslt", ".wsdl", ".rss", ".atom", ".kml", ".gpx", ".plist", ".resx", ".xlf"),
            *(".xliff", ".tmx", ".ttml", ".dita", ".jats", ".tei", ".xmp", ".rdf", ".owl", ".csproj", ".props"),
        ),
        container=Container.TEXT,
        reader="ingest.parsing.formats.structured_data:read_xml",
        parser="xml",
        counter=f"{_COUNTERS}:held_in_xml",
    ),
    Format(
        media_type="message/rfc822",
        extensions=(".eml", ".emlx"),
        container=Container.TEXT,
        reader="ingest.parsing.containers.mail_messages:read_eml",
        counter=f"{_COUNTERS}:held_in_mail",
        emphasis=f"{_EMPHASIS}.pages:emphasised_in_mail",
        holds_files=True,
        parser="email",
    ),
    Format(
        media_type="application/mbox",
        extensions=(".mbox", ".mbx"),
        container=Container.TEXT,
        reader="ingest.parsing.containers.mail_messages:read_mbox",
        parser="email",
        holds_files=True,
    ),
    Format(
        media_type="multipart/related",
        extensions=(".mhtml", ".mht"),
        container=Container.TEXT,
        reader="ingest.parsing.containers.mail_messages:read_mhtml",
        parser="email",
        holds_files=True,
    ),
    Format(
        media_type="application/vnd.ms-tnef",
        extensions=(".dat", ".tnef"),
        container=Container.BINARY,
        reader="ingest.parsing.containers.tnef:read_tnef",
        parser="tnef",
        holds_files=True,
        magic=_TNEF_MAGIC,
    ),
    Format(
        media_type="application/zip",
        extensions=(".zip",),
        container=Container.ZIP,
        reader="ingest.parsing.containers.zip_archives:read_zip",
        parser="zip",
        holds_files=True,
    ),
    Format(
        media_type="application/vnd.ms-outlook",
        extensions=(".msg",),
        container=Container.OLE,
        reader="ingest.parsing.containers.outlook:read_msg",
        holds_files=True,
        parser="olefile",
        ole_streams=("__properties_version1.0", "__substg1.0_"),
        attaches_files=True,
    ),
    Format(
        media_type="application/rtf",
        extensions=(".rtf",),
        container=Container.BINARY,
        reader="ingest.parsing.texts.pandoc:read_rtf",
        parser="pandoc",
        magic=_RTF_MAGIC,
    ),
    *(
        _open_document(
            kind,
            extension,
            "office.open_document.open_document:read_odt",
            "office.counters:held_in_odf",
            f"{_EMPHASIS}.office:emphasised_in_odt",
        )
        for kind, extension in (("text", ".odt"), ("text-template", ".ott"))
    ),
    *(
        _open_document(kind, extension, "office.open_document.open_document:read_odp", "office.counters:held_in_odf")
        for kind, extension in (("presentation", ".odp"), ("presentation-template", ".otp"), ("graphics", ".odg"))
    ),
    *(
        _open_document(kind, extension, "sheets.reading:read_ods", "sheets.counters:held_in_ods")
        for kind, extension in (("spreadsheet", ".ods"), ("spreadsheet-template", ".ots"))
    ),
    Format(
        media_type="application/epub+zip",
        extensions=(".epub",),
        container=Container.ZIP,
        reader="ingest.parsing.texts.pandoc:read_epub",
        parser="pandoc",
    ),
    *(_text(*each) for each in TEXT_FORMATS),
    _image("image/png", (".png",), _PNG_MAGIC),
    _image("image/jpeg", (".jpg", ".jpeg"), _JPEG_MAGIC),
    _image("image/tiff", (".tif", ".tiff"), _TIFF_MAGIC),
    _image("image/bmp", (".bmp",), _BMP_MAGIC),
    _image("image/webp", (".webp",), _WEBP_MAGIC),
)

BY_MEDIA_TYPE = {each.media_type: each for each in FORMATS}
MEDIA_TYPES = {extension: each.media_type for each in FORMATS for extension in each.extensions}
"""The supported name extensions, lower case, and the media type each stands for."""


def extension_of(name: str) -> str:
    """Returns the extension that tells a text's format, lower case, with its dot; empty if there is none."""
    path = PurePosixPath(name.lower())
    return EXTENSIONS_OF_NAMES.get(path.name, path.suffix)
