"""Recognises text with Tesseract if it is installed, else with RapidOCR, whose models come with its package.

The only place that imports ``rapidocr_onnxruntime`` and calls ``tesseract``. RapidOCR is imported when
it is first needed: loading its models takes about a second, and most documents need none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache, cached_property
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from ingest.parsing.pages.page_text import Piece
from ingest.parsing.scans.recognised_text import Reading, Word, cjk_share, reading_pieces
from rag.settings import OcrBackend

_TESSERACT_TIMEOUT_SECONDS = 120.0
_WORD_LEVEL = "5"
_GOOD_CONFIDENCE = 75.0
_MIN_WORD_CONFIDENCE = 20.0
_MIN_LINE_SCORE = 0.5
_TURNS = (90, 270, 180)
_MIN_CJK_SHARE = 0.2
_CLEARLY_MORE = 2.0
_CJK_LANGUAGES = frozenset({"chi_sim", "chi_tra"})


class Recogniser:
    """Reads images with the engine that the settings name."""

    def __init__(self, backend: OcrBackend, languages: str) -> None:
        self._backend = backend
        self._wanted = tuple(filter(None, languages.split("+")))

    @property
    def is_available(self) -> bool:
        """False if no engine is available."""
        return self._backend is not OcrBackend.NONE

    @property
    def name(self) -> str:
        """The engine that is tried first."""
        return "tesseract" if self._reads_with_tesseract else "rapidocr"

    def recognise(self, image: Image.Image, *, points_per_pixel: float) -> tuple[Piece, ...]:
        """Returns the text in an RGB image, which may be turned by 90, 180 or 270 degrees.

        Boxes are in points on the image as given, rectangles on the image turned upright.
        """
        if not self.is_available:
            return ()
        reading = self._best_reading(image)
        return reading_pieces(reading, image.size, points_per_pixel)

    def _best_reading(self, image: Image.Image) -> Reading:
        reading = self._read(image, 0)
        if reading.confidence >= _GOOD_CONFIDENCE:
            return reading
        if self._may_ask_rapidocr:
            other = _rapidocr(image, 0)
            if other.confidence >= _GOOD_CONFIDENCE and (
                other.evidence > _CLEARLY_MORE * reading.evidence or cjk_share(other) >= _MIN_CJK_SHARE
            ):
                return other
        for turn in _TURNS:
            turned = self._read(image, turn)
            reading = max(reading, turned, key=lambda candidate: candidate.evidence)
            if reading.turn and reading.confidence >= _GOOD_CONFIDENCE:
                break
        return reading

    def _read(self, image: Image.Image, turn: int) -> Reading:
        return _tesseract(image, turn, self._languages) if self._reads_with_tesseract else _rapidocr(image, turn)

    @cached_property
    def _languages(self) -> tuple[str, ...]:
        installed = installed_languages()
        return tuple(language for language in self._wanted if language in installed) or installed[:1]

    @cached_property
    def _reads_with_tesseract(self) -> bool:
        return self._backend is not OcrBackend.RAPIDOCR and bool(installed_languages())

    @property
    def _may_ask_rapidocr(self) -> bool:
        is_missing = bool(_CJK_LANGUAGES & set(self._wanted)) and not _CJK_LANGUAGES & set(self._languages)
        return self._backend is OcrBackend.AUTO and self._reads_with_tesseract and is_missing


@cache
def installed_languages() -> tuple[str, ...]:
    """Returns the languages that Tesseract can read; none if it is not installed."""
    program = shutil.which("tesseract")
    if program is None:
        return ()
    done = subprocess.run(  # noqa: S603 - the program's own path, fixed arguments
        [program, "--list-langs"], capture_output=True, timeout=_TESSERACT_TIMEOUT_SECONDS, check=False
    )
    lines = done.stdout.decode("utf-8", "replace").splitlines()[1:]
    return tuple(line.strip() for line in lines if line.strip() and line.strip() != "osd")


def _tesseract(image: Image.Image, turn: int, languages: Sequence[str]) -> Reading:
    program = shutil.which("tesseract") or "tesseract"
    encoded = BytesIO()
    image.rotate(-turn, expand=True).save(encoded, format="PPM")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, the image goes in by pipe
            [program, "stdin", "stdout", "-l", "+".join(languages), "--dpi", "200", "--psm", "3", "tsv"],
            input=encoded.getvalue(),
            capture_output=True,
            timeout=_TESSERACT_TIMEOUT_SECONDS,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired:
        return Reading(words=(), turn=turn)
    return Reading(words=_tsv_words(done.stdout.decode("utf-8", "replace")), turn=turn)


def _tsv_words(tsv: str) -> tuple[Word, ...]:
    """Parses Tesseract's table, whose last columns are left, top, width, height, confidence and text."""
    words = []
    line_tops: dict[tuple[int, ...], tuple[float, float]] = {}
    for row in tsv.splitlines()[1:]:
        fields = row.split("\t")
        if len(fields) < 12:  # noqa: PLR2004
            continue
        line = tuple(map(int, fields[2:5]))
        left, top, width, height = map(float, fields[6:10])
        if fields[0] == "4":
            line_tops[line] = (top, top + height)
        text = fields[11].strip()
        if fields[0] != _WORD_LEVEL or not text or float(fields[10]) < _MIN_WORD_CONFIDENCE:
            continue
        high, low = line_tops.get(line, (top, top + height))
        words.append(
            Word(
                text=text,
                left=left,
                top=high,
                right=left + width,
                bottom=low,
                confidence=float(fields[10]),
                line=line,
            )
        )
    return tuple(words)


@cache
def _rapidocr_engine() -> Any:  # noqa: ANN401 - the package has no types
    from rapidocr_onnxruntime import RapidOCR  # noqa: PLC0415 - loads its models, see above

    return RapidOCR(intra_op_num_threads=2, inter_op_num_threads=1)


def _rapidocr(image: Image.Image, turn: int) -> Reading:
    found, _ = _rapidocr_engine()(np.asarray(image.rotate(-turn, expand=True))[:, :, ::-1])
    words = []
    for number, (corners, text, score) in enumerate(found or []):
        xs, ys = [float(x) for x, _ in corners], [float(y) for _, y in corners]
        is_sideways = max(ys) - min(ys) > 2 * (max(xs) - min(xs)) and len(text) > 2  # noqa: PLR2004
        if float(score) < _MIN_LINE_SCORE or not text.strip():
            continue
        words.append(
            Word(
                text=text.strip(),
                left=min(xs),
                top=min(ys),
                right=max(xs),
                bottom=max(ys),
                # The engine turns slanted crops by itself: even if sideways text reads well, the page must be turned.
                confidence=30.0 if is_sideways else float(score) * 100,
                line=(number,),
            )
        )
    return Reading(words=tuple(words), turn=turn)
