"""What the parser process does once it is confined: parse, chunk, save, answer."""

from __future__ import annotations

import errno
import importlib
import time
from typing import BinaryIO, cast

from ingest.chunking.chunker import StructureChunker
from ingest.sandbox import confinement
from ingest.sandbox.protocol import Configuration, Job, JobDone, Progress, Ready
from ingest.storage.extracted_text import save_extracted
from rag.errors import FULL, DocumentError, ParserLimitError, StorageFullError, TooManyPassagesError
from rag.stages import Chunker, PageCounter, Parser
from rag.text.tokens import WordPieceTokenizer

_TOLD_EVERY_SECONDS = 0.5
_MEMORY_REMEDY = "Split it, or raise CITEWELL_INGESTION__PARSE_MEMORY_BYTES."


def serve(requests: BinaryIO, replies: BinaryIO, configuration: Configuration, isolation: str) -> None:
    """Answers jobs until ``requests`` ends. An error that is no ``DocumentError`` ends the process."""
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
        counted = _counter(replies)
        job = Job.model_validate_json(line)
        replies.write(_answer(job, parser, chunker, configuration.max_passages, counted).line())
        replies.flush()


def _counter(replies: BinaryIO) -> PageCounter:
    told_at = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= _TOLD_EVERY_SECONDS:
            told_at = now
            replies.write(Progress(pages_done=done, page_count=total).line())
            replies.flush()

    return tell


def _parser(configuration: Configuration) -> Parser:
    module, _, name = configuration.parser.partition(":")
    factory = getattr(importlib.import_module(module), name)
    return cast("Parser", factory(ocr=configuration.ocr, ocr_languages=configuration.ocr_languages))


def _answer(job: Job, parser: Parser, chunker: Chunker, max_passages: int, on_page: PageCounter) -> JobDone:
    try:
        _run(job, parser, chunker, max_passages, on_page)
    except (DocumentError, StorageFullError) as error:
        return JobDone(resident_bytes=confinement.resident_bytes(), error_code=error.code, message=str(error))
    return JobDone(resident_bytes=confinement.resident_bytes())


def _run(job: Job, parser: Parser, chunker: Chunker, max_passages: int, on_page: PageCounter) -> None:
    try:
        extracted = parser.parse(job.path, name=job.name, media_type=job.media_type, on_page=on_page)
        chunks = chunker.chunk(extracted)
        if len(chunks) > max_passages:
            raise TooManyPassagesError(job.name, count=len(chunks), limit=max_passages)
        save_extracted(job.output_folder, extracted, chunks)
    except MemoryError as error:
        raise ParserLimitError(job.name, "it needs more memory than allowed", remedy=_MEMORY_REMEDY) from error
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError(str(error)) from error
        if error.errno != errno.EFBIG:
            raise
        raise ParserLimitError(job.name, "a file it unfolds to is larger than allowed") from error
