"""The parser of the service with a stopwatch, for the sandbox: it also counts the words that a file holds."""

from __future__ import annotations

import resource
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evals.parsing.measures import words
from ingest.intake.formats import BY_MEDIA_TYPE
from ingest.parsing.parser import DocumentParser
from rag.settings import OcrBackend
from rag.stages import PageCounter, ignore_progress
from rag.types import ExtractedText


class Figures(BaseModel):
    """What the sandbox's protocol has no place for. ``words_held`` is None for a format whose words are not counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: float
    words_held: int | None


class MeasuredParser:
    """Parses like the service. The last warning of its text is not one: it holds the ``Figures`` as JSON."""

    def __init__(self, ocr: OcrBackend, ocr_languages: str) -> None:
        self._parser = DocumentParser(ocr, ocr_languages)

    def parse(self, path: Path, *, name: str, media_type: str, on_page: PageCounter = ignore_progress) -> ExtractedText:
        """See ``DocumentParser``."""
        start = processor_seconds()
        extracted = self._parser.parse(path, name=name, media_type=media_type, on_page=on_page)
        figures = Figures(seconds=processor_seconds() - start, words_held=_words_held(path, media_type))
        return replace(extracted, warnings=(*extracted.warnings, figures.model_dump_json()))


def processor_seconds() -> float:
    """Returns the processor time of this process and of those that it started and that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _words_held(path: Path, media_type: str) -> int | None:
    counter = BY_MEDIA_TYPE[media_type].counter
    if not counter:
        return None
    module, _, name = counter.partition(":")
    with suppress(Exception):  # a damaged file, of which the parser read a part
        held = getattr(import_module(module), name)(path)
        return sum(len(words(text)) for texts in held.values() for text in texts)
    return None
