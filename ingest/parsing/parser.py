"""The parser that picks by media type. It runs in the sandbox."""

from __future__ import annotations

import errno
import re
import resource
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ingest.chunking.sections import has_words
from ingest.intake import archives, file_types
from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.formats.decoding import declared_encodings, decode
from ingest.parsing.formats.plain_text import text_blocks
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import FULL, CitewellError, CorruptDocumentError, NoTextError, UnsupportedTypeError
from rag.settings import OcrBackend
from rag.stages import PageCounter, uncounted
from rag.types import ExtractedText

_Found = tuple[str, list[Block]]
_Reader = Callable[[Path, str], _Found]
_ROOM_FOR_IMPORTS_BYTES = 1_073_741_824
_MAX_REASON_CHARACTERS = 200
_NOT_MARKDOWN = re.compile(r"(?:>[ \t]?){100}|[\[*`_~]{500}")


class DocumentParser:
    """Turns a file of any supported type into text and structure.

    Making one takes seconds, for it imports what reads them, so that no file has to wait for that; where less than
    1 GiB of memory is allowed, each is imported when it is needed.
    """

    def __init__(self, ocr: OcrBackend, ocr_languages: str) -> None:
        memory_bytes, _ = resource.getrlimit(resource.RLIMIT_DATA)
        if memory_bytes == resource.RLIM_INFINITY or memory_bytes >= _ROOM_FOR_IMPORTS_BYTES:
            from ingest.parsing.formats.unstructured_parser import import_partitioners  # noqa: PLC0415 - takes seconds

            import_partitioners()
        self._recogniser = Recogniser(ocr, ocr_languages)

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = uncounted) -> ExtractedText:
        """Reads the file at ``path``; ``name`` is what the user called it.

        Raises:
            DocumentError: encrypted, corrupt, of an unsupported type, over a limit, or without text.
        """
        try:
            extracted = self._parse(path, name, media_type, on_page)
        except (CitewellError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in {errno.EFBIG, *FULL}:  # the sandbox says what that means
                raise
            reason = " ".join(str(error).split())[:_MAX_REASON_CHARACTERS]
            raise CorruptDocumentError(name, reason or type(error).__name__) from error
        if not has_words(extracted.text):
            raise NoTextError(name)
        return extracted

    def _parse(self, path: Path, name: str, media_type: str, on_page: PageCounter) -> ExtractedText:
        if media_type == file_types.PDF:
            from ingest.parsing.pdf.pdfium_parser import parse_pdf  # noqa: PLC0415 - other types need no PDFium

            return parse_pdf(path, name=name, recogniser=self._recogniser, on_page=on_page)
        if media_type in file_types.IMAGE_TYPES:
            from ingest.parsing.scans.images import parse_image  # noqa: PLC0415 - other types need no images

            return parse_image(path, name=name, recogniser=self._recogniser)
        if media_type not in _READERS:
            raise UnsupportedTypeError(name, file_types.supported_extensions())
        parser, reader = _READERS[media_type]
        if media_type in file_types.ZIP_TYPES:
            archives.check_contents(path, name)
        title, blocks = reader(path, name)
        extracted = assemble(blocks, title=choose_title(title, blocks, name), parser=parser)
        pages = [block.page for block in blocks if block.page is not None]
        return replace(extracted, page_count=max(pages)) if pages else extracted


def _text(path: Path, name: str) -> str:
    data = path.read_bytes()
    return decode(data, name=name, declared=declared_encodings(data))


def _read_text(path: Path, name: str) -> _Found:
    return "", text_blocks(_text(path, name))


def _read_markdown(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.unstructured_parser import markdown_blocks  # noqa: PLC0415 - imported when its type comes

    text = _text(path, name)
    # No one writes this: the library takes minutes over the one, and loses words of the other.
    return "", text_blocks(text) if _NOT_MARKDOWN.search(text) else markdown_blocks(text)


def _read_html(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.unstructured_parser import html_blocks  # noqa: PLC0415 - imported when its type comes

    return html_blocks(_text(path, name))


def _read_docx(path: Path, name: str) -> _Found:  # noqa: ARG001 - all readers are called alike
    from ingest.parsing.formats.unstructured_parser import docx_blocks, stored_title  # noqa: PLC0415 - as above

    return stored_title(path), docx_blocks(path)


def _read_pptx(path: Path, name: str) -> _Found:  # noqa: ARG001 - all readers are called alike
    from ingest.parsing.formats.unstructured_parser import pptx_blocks, stored_title  # noqa: PLC0415 - as above

    return stored_title(path), pptx_blocks(path)


def _pandoc_reader(source_format: str) -> _Reader:
    def read(path: Path, name: str) -> _Found:  # noqa: ARG001 - all readers are called alike
        from ingest.parsing.formats.unstructured_parser import pandoc_blocks, stored_title  # noqa: PLC0415 - as above

        title, blocks = pandoc_blocks(path, source_format)
        return (stored_title(path) if source_format == "odt" else "") or title, blocks

    return read


def _read_xlsx(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.spreadsheets import xlsx_blocks  # noqa: PLC0415 - as above
    from ingest.parsing.formats.unstructured_parser import stored_title  # noqa: PLC0415 - as above

    return stored_title(path), xlsx_blocks(path, name=name)


def _read_xls(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.spreadsheets import xls_blocks  # noqa: PLC0415 - as above

    return "", xls_blocks(path, name=name)


def _delimited_reader(delimiter: str | None) -> _Reader:
    def read(path: Path, name: str) -> _Found:
        from ingest.parsing.formats.spreadsheets import delimited_blocks  # noqa: PLC0415 - as above

        return "", delimited_blocks(_text(path, name), delimiter=delimiter)

    return read


def _read_json(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.structured_data import json_blocks  # noqa: PLC0415 - as above

    return "", json_blocks(_text(path, name), name=name)


def _read_xml(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.structured_data import xml_blocks  # noqa: PLC0415 - as above

    return "", xml_blocks(_text(path, name), name=name)


def _read_eml(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.mail import eml_blocks  # noqa: PLC0415 - as above

    return eml_blocks(path.read_bytes(), name=name)


def _read_msg(path: Path, name: str) -> _Found:
    from ingest.parsing.formats.mail import msg_blocks  # noqa: PLC0415 - as above

    return msg_blocks(path, name=name)


_READERS: Mapping[str, tuple[str, _Reader]] = {
    file_types.TEXT: ("text", _read_text),
    file_types.MARKDOWN: ("unstructured", _read_markdown),
    file_types.HTML: ("unstructured", _read_html),
    file_types.DOCX: ("unstructured", _read_docx),
    file_types.PPTX: ("unstructured", _read_pptx),
    file_types.XLSX: ("openpyxl", _read_xlsx),
    file_types.XLS: ("xlrd", _read_xls),
    file_types.CSV: ("csv", _delimited_reader(None)),
    file_types.TSV: ("csv", _delimited_reader("\t")),
    file_types.JSON: ("json", _read_json),
    file_types.XML: ("xml", _read_xml),
    file_types.EML: ("email", _read_eml),
    file_types.MSG: ("oxmsg", _read_msg),
    file_types.EPUB: ("pandoc", _pandoc_reader("epub")),
    file_types.RTF: ("pandoc", _pandoc_reader("rtf")),
    file_types.ODT: ("pandoc", _pandoc_reader("odt")),
    file_types.RST: ("pandoc", _pandoc_reader("rst")),
}
"""How each type is read: the parser's name and what calls it."""
