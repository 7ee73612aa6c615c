"""What the parser process does once it is confined: parse, chunk, save, answer."""

from __future__ import annotations

import errno
import importlib
from typing import BinaryIO, cast

from ingest import confinement
from ingest.chunking import StructureChunker
from ingest.extraction_store import save_extracted
from ingest.sandbox_protocol import Configuration, Job, JobDone, Ready
from rag.errors import DocumentError, ParserLimitError
from rag.stages import Chunker, Parser
from rag.tokenization import WordPieceTokenizer


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
        replies.write(_answer(Job.model_validate_json(line), parser, chunker).line())
        replies.flush()


def _parser(configuration: Configuration) -> Parser:
    module, _, name = configuration.parser.partition(":")
    factory = getattr(importlib.import_module(module), name)
    return cast("Parser", factory(ocr=configuration.ocr, ocr_languages=configuration.ocr_languages))


def _answer(job: Job, parser: Parser, chunker: Chunker) -> JobDone:
    try:
        _run(job, parser, chunker)
    except DocumentError as error:
        return JobDone(resident_bytes=confinement.resident_bytes(), error_code=error.code, message=str(error))
    return JobDone(resident_bytes=confinement.resident_bytes())


def _run(job: Job, parser: Parser, chunker: Chunker) -> None:
    try:
        extracted = parser.parse(job.path, name=job.name, media_type=job.media_type)
        save_extracted(job.output_folder, extracted, chunker.chunk(extracted))
    except MemoryError as error:
        raise ParserLimitError(job.name, "it needs more memory than allowed") from error
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise ParserLimitError(job.name, "a file it unfolds to is larger than allowed") from error
