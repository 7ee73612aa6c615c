"""Renders pages of stored files in a confined process of its own, and remembers the last ones."""

from __future__ import annotations

import os
import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock

from PIL import Image

from ingest.intake.formats import FORMATS, Container
from ingest.sandbox.kept_process import KeptProcess
from ingest.sandbox.protocol import INSTEAD_OF_IMAGE, Configuration, PageRequest
from rag.errors import CorruptDocumentError
from rag.settings import IngestionSettings

_TIMEOUT_SECONDS = 15.0
_MEMORY_BYTES = 1_536 * 1_048_576  # an image of 100 million pixels needs 900 MB
_IDLE_SECONDS = 60.0
_MAX_PAGES = 2_000  # of one process
_MAX_PIXELS = 16_000_000
_CACHE_BYTES = 64 * 1_048_576
_CHANNELS = 3

HAVE_PAGES = frozenset(
    each.media_type for each in FORMATS if each.container is Container.IMAGE or each.media_type == "application/pdf"
)
"""The media types of files whose pages can be shown as images."""


class PageRenderer:
    """Its process starts with the first page and ends when it is idle, so that no parsing waits for it, or it for any.

    All methods may be called from several threads; pages are rendered one after the other.
    """

    def __init__(self, settings: IngestionSettings, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self._process = KeptProcess(
            Configuration(
                parent_pid=os.getpid(),
                memory_bytes=min(_MEMORY_BYTES, settings.parse_memory_bytes),
                timeout_seconds=timeout_seconds,
            ),
            time_remedy=INSTEAD_OF_IMAGE,
            max_requests=_MAX_PAGES,
            idle_seconds=_IDLE_SECONDS,
        )
        self._lock = Lock()
        self._images: OrderedDict[tuple[Path, int, int], Image.Image] = OrderedDict()
        self._held_bytes = 0

    def render(self, path: Path, *, name: str, media_type: str, page: int, width: int) -> Image.Image:
        """Returns a page, counted from 1, in RGB; the image must not be changed.

        ``path`` names the content: its file never changes. The image is ``width`` pixels wide, or less: see
        ``render_page``.

        Raises:
            DocumentError: the page cannot be rendered, or exceeded a limit.
            StorageFullError: there is no room for its pixels.
            ConfigurationError: the process cannot start.
        """
        key = (path, page, width)
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
                return self._images[key]
        image = self._rendered(path, name=name, media_type=media_type, page=page, width=width)
        with self._lock:
            if key not in self._images:
                self._images[key] = image
                self._held_bytes += _size_bytes(image)
            while self._held_bytes > _CACHE_BYTES:
                _, oldest = self._images.popitem(last=False)
                self._held_bytes -= _size_bytes(oldest)
        return image

    def forget(self) -> None:
        """Drops the remembered images."""
        with self._lock:
            self._images.clear()
            self._held_bytes = 0

    def close(self) -> None:
        """Ends the process. Idempotent; nothing can be rendered afterwards."""
        self._process.close()
        self.forget()

    def _rendered(self, path: Path, *, name: str, media_type: str, page: int, width: int) -> Image.Image:
        with tempfile.TemporaryDirectory(prefix="citewell-page-") as folder:
            pixels = Path(folder) / "pixels"
            request = PageRequest(
                path=path.resolve(), name=name, media_type=media_type, page=page, width=width, output_file=pixels
            )
            reply = self._process.ask(request)
            size = (reply.width, reply.height)
            # A hostile file may control the process: its pixels are taken as they are, and decoded by no library.
            if min(size) < 1 or max(size) > _MAX_PIXELS or size[0] * size[1] > _MAX_PIXELS:
                raise CorruptDocumentError(name, f"its page {page} was rendered as nonsense")
            expected = size[0] * size[1] * _CHANNELS
            with pixels.open("rb") as file:
                content = file.read(expected + 1)
        if len(content) != expected:
            raise CorruptDocumentError(name, f"its page {page} was rendered as nonsense")
        return Image.frombytes("RGB", size, content)


def _size_bytes(image: Image.Image) -> int:
    return image.width * image.height * _CHANNELS
