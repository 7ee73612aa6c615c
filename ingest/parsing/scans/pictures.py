"""Recognises the text of pictures that stand in a document, within bounds, and tells which had none."""

from __future__ import annotations

import hashlib
import time
from io import BytesIO

from PIL import Image

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.scans.images import recognised_blocks
from ingest.parsing.scans.metafiles import is_metafile, metafile_blocks
from ingest.parsing.scans.ocr import Recogniser

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
_MIN_WIDTH, _MIN_HEIGHT = 80, 24
"""Pixels; what is smaller holds no text that could be recognised."""
_ROOM_FOR_TEXT_PIXELS = 20_000
"""From this area on a picture that no text was found in is told of: not icons, bullets and rules."""
_MAX_PIXELS = 50_000_000
_MAX_PICTURES = 200
_MAX_SECONDS = 120.0
"""Less than half of what a document may take, so that its text is not lost to its pictures."""
_MIN_WORD_LETTERS = 3
_MIN_SHARE = 0.6


class Pictures:
    """The pictures of one document. The same picture is recognised and told of once."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._known: dict[bytes, list[Block]] = {}
        self._seconds = 0.0
        self._recognised = self._without_text = self._unreadable = self._too_many = 0

    def blocks(self, content: bytes) -> list[Block]:
        """Returns the text of a picture, or of a metafile; nothing where it was returned before."""
        key = hashlib.sha256(content).digest()
        if key in self._known:
            return []
        self._known[key] = []
        if is_metafile(content):
            self._known[key] = metafile_blocks(content)
            self._unreadable += not self._known[key]
            return self._known[key]
        try:
            with Image.open(BytesIO(content), formats=_FORMATS) as image:
                self._known[key] = self._read(image)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            self._unreadable += 1
        return self._known[key]

    def warnings(self) -> tuple[str, ...]:
        """Returns a sentence for each fate that pictures had."""
        counts = (
            (self._recognised, "with recognised text"),
            (self._without_text, "without recognised text"),
            (self._unreadable, "not read: of a type that cannot be opened here"),
            (self._too_many, "not read: too many or too large"),
        )
        return tuple(f"{count} picture{'' if count == 1 else 's'} {fate}" for count, fate in counts if count)

    def _read(self, image: Image.Image) -> list[Block]:
        if image.width < _MIN_WIDTH or image.height < _MIN_HEIGHT:
            return []
        is_over = len(self._known) > _MAX_PICTURES or self._seconds > _MAX_SECONDS
        if image.width * image.height > _MAX_PIXELS or (is_over and self._recogniser.is_available):
            self._too_many += 1
            return []
        start = time.monotonic()
        found = recognised_blocks(image, self._recogniser) if self._recogniser.is_available else []
        self._seconds += time.monotonic() - start
        if found and _is_text(" ".join(block.text for block in found)):
            self._recognised += 1
            return found
        if image.width * image.height >= _ROOM_FOR_TEXT_PIXELS:
            self._without_text += 1
        return []


def _is_text(text: str) -> bool:
    """Returns whether what was recognised is text, not the marks that photographs and drawings are taken for."""
    visible = [character for character in text if not character.isspace()]
    has_word = any(sum(map(str.isalnum, word)) >= _MIN_WORD_LETTERS for word in text.split())
    is_wide_script = any(character > "\u2e80" for character in visible)
    return (has_word or is_wide_script) and sum(map(str.isalnum, visible)) >= _MIN_SHARE * len(visible)
