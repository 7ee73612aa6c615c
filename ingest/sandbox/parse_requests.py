"""Answers parse requests in the confined process: parses and chunks a file, and saves the result."""

from __future__ import annotations

import errno
import importlib
import time
from typing import BinaryIO, cast

from ingest.chunking.chunker import StructureChunker
from ingest.sandbox import confinement
from ingest.sandbox.protocol import Configuration, ParseReply, ParseRequest, Progress, Ready
from ingest.storage.extracted_text import save_extracted
from rag.errors import FULL, DocumentError, ParserLimitError, StorageFullError, TooManyPassagesError
from rag.stages import PageCounter, Parser
from rag.text.tokens import WordPieceTokenizer

_REPORT_EVERY_SECONDS = 0.5
_MEMORY_REMEDY = "Split it, or raise CITEWELL_INGESTION__PARSE_MEMORY_BYTES."


def serve(requests: BinaryIO, replies: BinaryIO, configuration: Configuration, isolation: str) -> None:
    """Answers parse requests until ``requests`` ends. An error that is no ``DocumentError`` ends the process."""
    parser = _parser(configuration)
    chunker = StructureChunker(
        WordPieceTokenizer(configuration.tokenizer_file),
        chunk_tokens=configuration.chunk_tokens,
        overlap_tokens=configuration.overlap_tokens,
        max_tokens=configuration.max_tokens,
    )
    replies.write(Ready(isolation=isolation).line())
    replies.flush()
    for line in requests:
        confinement.allow_cpu(configuration.timeout_seconds)
        on_page = _progress_reporter(replies)
        request = ParseRequest.model_validate_json(line)
        replies.write(_reply_to(request, parser, chunker, configuration.max_passages, on_page).line())
        replies.flush()


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


def _parser(configuration: Configuration) -> Parser:
    module, _, name = configuration.parser.partition(":")
    factory = getattr(importlib.import_module(module), name)
    return cast("Parser", factory(ocr=configuration.ocr, ocr_languages=configuration.ocr_languages))


def _reply_to(
    request: ParseRequest, parser: Parser, chunker: StructureChunker, max_passages: int, on_page: PageCounter
) -> ParseReply:
    try:
        _parse_and_save(request, parser, chunker, max_passages, on_page)
    except (DocumentError, StorageFullError) as error:
        return ParseReply(resident_bytes=confinement.resident_bytes(), error_code=error.code, message=str(error))
    return ParseReply(resident_bytes=confinement.resident_bytes())


def _parse_and_save(
    request: ParseRequest, parser: Parser, chunker: StructureChunker, max_passages: int, on_page: PageCounter
) -> None:
    try:
        extracted = parser.parse(request.path, name=request.name, media_type=request.media_type, on_page=on_page)
        chunks = chunker.chunk(extracted)
        if len(chunks) > max_passages:
            raise TooManyPassagesError(request.name, count=len(chunks), limit=max_passages)
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
