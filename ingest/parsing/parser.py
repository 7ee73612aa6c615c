"""Parses a file with the reader of its format. It runs in the sandbox."""

from __future__ import annotations

import errno
import resource
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ingest.chunking.sections import has_words
from ingest.intake.archives import check_contents
from ingest.intake.formats import BY_MEDIA_TYPE, Container, supported_extensions
from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import FULL, CitewellError, CorruptDocumentError, NoTextError, UnsupportedTypeError
from rag.settings import OcrBackend
from rag.stages import PageCounter, ignore_progress
from rag.types import ExtractedText

_ROOM_FOR_IMPORTS_BYTES = 1_073_741_824
_MAX_REASON_CHARACTERS = 200


class DocumentParser:
    """Turns a file of any supported format into text and structure.

    Making one takes seconds: it imports the slow libraries, so that no file waits for that. If less than 1 GiB of
    memory is allowed, each is imported when it is needed.
    """

    def __init__(self, ocr: OcrBackend, ocr_languages: str) -> None:
        memory_bytes, _ = resource.getrlimit(resource.RLIMIT_DATA)
        if memory_bytes == resource.RLIM_INFINITY or memory_bytes >= _ROOM_FOR_IMPORTS_BYTES:
            from ingest.parsing.formats.unstructured_parser import import_partitioners  # noqa: PLC0415 - takes seconds

            import_partitioners()
        self._recogniser = Recogniser(ocr, ocr_languages)

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = ignore_progress) -> ExtractedText:
        """Reads the file at ``path``; ``name`` is what the user called it.

        Raises:
            DocumentError: encrypted, corrupt, of an unsupported type, over a limit, or without text.
        """
        try:
            extracted = self._parse(path, name, media_type, on_page)
        except (CitewellError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in {errno.EFBIG, *FULL}:  # the sandbox translates it
                raise
            reason = " ".join(str(error).split())[:_MAX_REASON_CHARACTERS]
            raise CorruptDocumentError(name, reason or type(error).__name__) from error
        if not has_words(extracted.text):
            raise NoTextError(name)
        return extracted

    def _parse(self, path: Path, name: str, media_type: str, on_page: PageCounter) -> ExtractedText:
        found = BY_MEDIA_TYPE.get(media_type)
        if found is None:
            raise UnsupportedTypeError(name, supported_extensions())
        if found.container is Container.ZIP:
            check_contents(path, name)
        read = _function(found.reader)  # imported late: most files need few of these libraries
        if found.has_pictures:
            pictured: ExtractedText = read(path, name=name, recogniser=self._recogniser, on_page=on_page)
            return pictured
        blocks: list[Block]
        title, blocks = read(path, name)
        extracted = assemble(blocks, title=choose_title(title, blocks, name), parser=found.parser)
        pages = [block.page for block in blocks if block.page is not None]
        return replace(extracted, page_count=max(pages)) if pages else extracted


def _function(reader: str) -> Callable[..., Any]:
    module, _, name = reader.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
