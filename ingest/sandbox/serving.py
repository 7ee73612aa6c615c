"""Answers requests in the confined process: parses and chunks files, or renders pages of them."""

from __future__ import annotations

import errno
import importlib
import time
from collections.abc import Callable
from typing import BinaryIO, cast

from ingest.chunking.chunker import StructureChunker
from ingest.sandbox import confinement
from ingest.sandbox.protocol import (
    INSTEAD_OF_IMAGE,
    Configuration,
    PageRequest,
    ParseRequest,
    Parsing,
    Progress,
    Ready,
    Reply,
)
from ingest.storage.extracted_text import save_extracted
from rag.errors import FULL, DocumentError, ParserLimitError, StorageFullError, TooManyPassagesError
from rag.guard.personal.documents import treated
from rag.guard.personal.masking import Policy
from rag.stages import PageCounter, Parser
from rag.text.tokens import EncoderTokens

_REPORT_EVERY_SECONDS = 0.5
_MEMORY_REMEDY = "Split it, or raise CITEWELL_INGESTION__PARSE_MEMORY_BYTES."


def serve(requests: BinaryIO, replies: BinaryIO, configuration: Configuration, isolation: str) -> None:
    """Answers requests until ``requests`` ends. An error that is no ``DocumentError`` ends the process."""
    answer = _parsing(configuration.parsing, replies) if configuration.parsing is not None else _render
    replies.write(Ready(isolation=isolation).line())
    replies.flush()
    for line in requests:
        confinement.allow_cpu(configuration.timeout_seconds)
        replies.write(_reply_to(line, answer).line())
        replies.flush()


def _reply_to(line: bytes, answer: Callable[[bytes], Reply]) -> Reply:
    try:
        return answer(line)
    except (DocumentError, StorageFullError) as error:
        return Reply(resident_bytes=confinement.resident_bytes(), error_code=error.code, message=str(error))


def _parsing(parsing: Parsing, replies: BinaryIO) -> Callable[[bytes], Reply]:
    parser = _parser(parsing)
    chunker = StructureChunker(
        EncoderTokens(parsing.tokenizer_file),
        chunk_tokens=parsing.chunk_tokens,
        overlap_tokens=parsing.overlap_tokens,
        max_tokens=parsing.max_tokens,
    )

    def answer(line: bytes) -> Reply:
        request = ParseRequest.model_validate_json(line)
        _parse_and_save(request, parser, chunker, parsing, _progress_reporter(replies))
        return Reply(resident_bytes=confinement.resident_bytes())

    return answer


def _progress_reporter(replies: BinaryIO) -> PageCounter:
    reported_at = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal reported_at
        now = time.monotonic()
        if now - reported_at >= _REPORT_EVERY_SECONDS:
            reported_at = now
            replies.write(Progress(pages_done=done, page_count=total).line())
            replies.flush()

    return report


def _parser(parsing: Parsing) -> Parser:
    module, _, name = parsing.parser.partition(":")
    factory = getattr(importlib.import_module(module), name)
    return cast("Parser", factory(ocr=parsing.ocr, ocr_languages=parsing.ocr_languages))


def _parse_and_save(
    request: ParseRequest, parser: Parser, chunker: StructureChunker, parsing: Parsing, on_page: PageCounter
) -> None:
    try:
        extracted = parser.parse(request.path, name=request.name, media_type=request.media_type, on_page=on_page)
        extracted = treated(extracted, Policy.of(parsing.personal_data))
        chunks = chunker.chunk(extracted)
        if len(chunks) > parsing.max_passages:
            raise TooManyPassagesError(request.name, count=len(chunks), limit=parsing.max_passages)
        # By disk, not through the pipe: the service does not trust this process, and checks files while it loads them.
        save_extracted(request.output_folder, extracted, chunks)
    except MemoryError as error:
        raise ParserLimitError(request.name, "it needs more memory than allowed", remedy=_MEMORY_REMEDY) from error
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError(str(error)) from error
        if error.errno != errno.EFBIG:
            raise
        raise ParserLimitError(request.name, "a file it unfolds to is larger than allowed") from error


def _render(line: bytes) -> Reply:
    render_page = importlib.import_module("ingest.parsing.page_images").render_page  # only where it is wanted
    request = PageRequest.model_validate_json(line)
    try:
        image = render_page(
            request.path, name=request.name, media_type=request.media_type, page=request.page, width=request.width
        )
        request.output_file.write_bytes(image.tobytes())
    except MemoryError as error:
        raise ParserLimitError(request.name, "it needs more memory than allowed", remedy=INSTEAD_OF_IMAGE) from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise StorageFullError(str(error)) from error
    return Reply(resident_bytes=confinement.resident_bytes(), width=image.width, height=image.height)
