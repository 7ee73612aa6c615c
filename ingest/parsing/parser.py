"""Parses a file with the reader of its format. It runs in the sandbox."""

from __future__ import annotations

import errno
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ingest.chunking.sections import has_words
from ingest.intake.archives import check_contents
from ingest.intake.formats import BY_MEDIA_TYPE, FORMATS, MEDIA_TYPES, Container, Format, extension_of
from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.completeness import missing_words
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.emphasis.placing import place
from ingest.parsing.office.missing_parts import missing_parts
from ingest.parsing.properties import file_description
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import FULL, CitewellError, CorruptDocumentError, NoTextError, UnsupportedTypeError
from rag.settings import OcrBackend
from rag.stages import PageCounter, ignore_progress
from rag.types import ElementKind, Emphasis, ExtractedText

_MAX_REASON_CHARACTERS = 200
_MAX_REASONS = 3
_PDF = "application/pdf"
_DAMAGE = (SyntaxError, zlib.error, BadZipFile)
"""What readers raise where a part of a zip-based file is no XML, or cannot be unpacked."""


class DocumentParser:
    """Turns a file of any supported format into text and structure.

    Making one imports all readers, so that no file waits for that.
    """

    def __init__(self, ocr: OcrBackend, ocr_languages: str) -> None:
        for each in FORMATS:
            _function(each.reader)
            if each.emphasis:
                _function(each.emphasis)
        self._recogniser = Recogniser(ocr, ocr_languages)

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = ignore_progress) -> ExtractedText:
        """Reads the file at ``path``; ``name`` is what the user called it.

        Raises:
            DocumentError: encrypted, corrupt, of an unsupported type, over a limit, or without text.
        """
        try:
            files = InnerFiles(read=self._parse_inner)
            extracted = _checked(self._parse(path, name, media_type, on_page, files), path, media_type)
        except (CitewellError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in {errno.EFBIG, *FULL}:  # the sandbox translates it
                raise
            raise CorruptDocumentError(name, _reason(error, media_type)) from error
        if not has_words(extracted.text):
            is_shown = media_type == _PDF or BY_MEDIA_TYPE[media_type].container is Container.IMAGE
            recognised = is_shown and self._recogniser.is_available
            raise NoTextError(name, extracted.warnings[:_MAX_REASONS], after_recognition=recognised)
        described = file_description(path, name, media_type)
        return replace(
            extracted,
            warnings=(*extracted.warnings, *_misnamed(name, media_type), *described.remarks),
            emphasis=_emphasis(path, media_type, extracted.text),
            description=described,
        )

    def _parse_inner(self, path: Path, name: str, media_type: str, files: InnerFiles) -> ExtractedText:
        """Reads a file that stands in another one; errors are the caller's to tell."""
        try:
            extracted = _checked(self._parse(path, name, media_type, ignore_progress, files), path, media_type)
        except (CitewellError, MemoryError, OSError):
            raise
        except Exception as error:
            raise CorruptDocumentError(name, _reason(error, media_type)) from error
        if not has_words(extracted.text):
            raise NoTextError(name)
        return extracted

    def _parse(self, path: Path, name: str, media_type: str, on_page: PageCounter, files: InnerFiles) -> ExtractedText:
        found = BY_MEDIA_TYPE.get(media_type)
        if found is None:
            raise UnsupportedTypeError(name)
        if found.container is Container.ZIP:
            check_contents(path, name)
        try:
            return self._read(found, path, name, on_page, files)
        except (CitewellError, MemoryError, OSError):
            raise
        except Exception as error:
            if found.container is not Container.ZIP or not found.counter:
                raise
            return _read_otherwise(found, path, name, error)

    def _read(self, found: Format, path: Path, name: str, on_page: PageCounter, files: InnerFiles) -> ExtractedText:
        read = _function(found.reader)
        if found.has_pictures:
            inner = {"files": files} if found.holds_files else {}
            pictured: ExtractedText = read(path, name=name, recogniser=self._recogniser, on_page=on_page, **inner)
            return pictured
        arguments = (path, name, files) if found.holds_files else (path, name)
        found_in_file: ExtractedText | tuple[str, list[Block]] = read(*arguments)
        if isinstance(found_in_file, ExtractedText):
            return found_in_file
        title, blocks = found_in_file
        return _assembled(title, blocks, name=name, parser=found.parser)


def _emphasis(path: Path, media_type: str, text: str) -> tuple[Emphasis, ...]:
    found = BY_MEDIA_TYPE[media_type]
    if not found.emphasis:
        return ()
    try:
        return place(_function(found.emphasis)(path), text)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the text was read: that it is shown plainly must not lose it
        return ()


def _misnamed(name: str, media_type: str) -> tuple[str, ...]:
    """Returns a warning about a file that is text and has the ending of a binary format."""
    found, expected = BY_MEDIA_TYPE[media_type], BY_MEDIA_TYPE.get(MEDIA_TYPES.get(extension_of(name), ""))
    if expected is None or found.container is not Container.TEXT or expected.container is Container.TEXT:
        return ()
    return (f"Its name ends with {extension_of(name)}, but it was read as {found.extensions[0]}, which its content is",)


def _reason(error: Exception, media_type: str) -> str:
    found = BY_MEDIA_TYPE.get(media_type)
    if found is not None and found.container is Container.ZIP and isinstance(error, _DAMAGE):
        return "a part of the file is damaged"
    return " ".join(str(error).split())[:_MAX_REASON_CHARACTERS] or type(error).__name__


def _read_otherwise(found: Format, path: Path, name: str, error: Exception) -> ExtractedText:
    """Returns what the fallback reads where a file's reader has a fault, or else the bare texts that the file holds."""
    readers = ((found.fallback, "unstructured"), (found.counter, "lxml"))
    for reader, parser in readers:
        try:
            blocks = _blocks_of(_function(reader)(path)) if reader else []
        except Exception:  # noqa: BLE001,S112 - the first reader's reason is the better one
            continue
        if any(has_words(block.text) for block in blocks):
            warning = "It was read by a simpler reader, without notes, comments and text boxes; please report the file"
            return replace(_assembled("", blocks, name=name, parser=parser), warnings=(warning,))
    raise error


def _blocks_of(read: list[Block] | Mapping[str, Iterable[str]]) -> list[Block]:
    if isinstance(read, list):
        return read
    return [Block(kind=ElementKind.PARAGRAPH, text=clean(text)) for texts in read.values() for text in texts]


def _assembled(title: str, blocks: list[Block], *, name: str, parser: str) -> ExtractedText:
    extracted = assemble(blocks, title=choose_title(title, blocks, name), parser=parser)
    pages = [block.page for block in blocks if block.page is not None]
    return replace(extracted, page_count=max(pages)) if pages else extracted


def _checked(extracted: ExtractedText, path: Path, media_type: str) -> ExtractedText:
    """Returns the text with a warning for each kind of words that the file holds and the text does not."""
    found = BY_MEDIA_TYPE[media_type]
    counter = found.counter
    if not counter:
        return replace(extracted, left_out=())
    lost: tuple[str, ...] = ()
    try:
        lost = missing_parts(path) if found.zip_folder else ()
        held: Mapping[str, Iterable[str]] = _function(counter)(path)
        missing = missing_words(held, (extracted.text, extracted.title, *extracted.left_out))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the text was read: that nothing else can be told must not lose it
        missing = ("it could not be checked whether all words were read",)
    return replace(extracted, warnings=(*extracted.warnings, *lost, *missing), left_out=())


def _function(reader: str) -> Callable[..., Any]:
    module, _, name = reader.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
