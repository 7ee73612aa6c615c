"""A version of a document as it was read: its text, its parts, and its pages as images or HTML."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.metadata import version as installed_version
from io import BytesIO

from api.caller import Caller
from api.dependencies import raise_missing, readable_version
from api.views.document_html import document_fragment, document_html
from api.views.highlight import highlighted
from api.views.parts import Parts, divide
from ingest.factory import extracted_folder
from ingest.sandbox.page_renderer import HAVE_PAGES
from ingest.service import Service
from ingest.storage.extracted_text import load_extracted, load_layouts, load_tables
from rag.errors import NoPageImagesError, UnknownPageError
from rag.types import ChunkSpan, ExtractedText, PageLayout, Span, Table


class PageFormat(StrEnum):
    """The form in which a page is sent."""

    PNG = "png"
    WEBP = "webp"
    HTML = "html"
    FRAGMENT = "fragment"

    @property
    def is_image(self) -> bool:
        return self in {PageFormat.PNG, PageFormat.WEBP}


PAGE_MEDIA_TYPES = {
    PageFormat.PNG: "image/png",
    PageFormat.WEBP: "image/webp",
    PageFormat.HTML: "text/html; charset=utf-8",
    PageFormat.FRAGMENT: "text/html; charset=utf-8",
}
_FAST = {PageFormat.PNG: {"compress_level": 3}, PageFormat.WEBP: {"quality": 85, "method": 0}}
_RELEASE = installed_version("citewell")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a page is to be shown, and with which span of the extracted text marked."""

    version_id: str | None
    marked: Span
    width: int
    page_format: PageFormat | None


class ReadVersion:
    """A version of a document, as it is stored.

    Raises:
        UnknownDocumentError: there is no such document.
        UnknownVersionError: it has no such version, or was deleted since.
        ConflictError: the version is not ready.
        StoredFileMissingError: the data folder has lost a file.
    """

    def __init__(self, service: Service, caller: Caller, document_id: str, version_id: str | None) -> None:
        self._service = service
        self._caller = caller
        self.document, self.version = readable_version(service, caller, document_id, version_id)
        self.folder = extracted_folder(service.settings.storage.folder) / self.version.version_id

    @cached_property
    def text(self) -> tuple[ExtractedText, tuple[ChunkSpan, ...]]:
        """The extracted text without layouts, and the passages."""
        try:
            return load_extracted(self.folder, with_layouts=False)
        except FileNotFoundError:
            raise_missing(self._service, self._caller, self.document, self.version, file="extracted text")

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        return load_tables(self.folder)

    @cached_property
    def parts(self) -> Parts:
        return divide(self.text[0])

    def format_of(self, page: int, asked: PageFormat | None, accept: str) -> PageFormat:
        """Returns the form in which a page is sent.

        Raises:
            UnknownPageError: there is no such page.
            NoPageImagesError: an image is asked for, and there is none.
        """
        if page > self.parts.count:
            raise UnknownPageError(page, name=self.document.name, count=self.parts.count)
        has_image = self.has_image(page)
        if asked is None:
            image = PageFormat.WEBP if PAGE_MEDIA_TYPES[PageFormat.WEBP] in accept else PageFormat.PNG
            return image if has_image else PageFormat.HTML
        if asked.is_image and not has_image:
            raise NoPageImagesError(self.document.name)
        return asked

    def has_image(self, page: int) -> bool:
        return self.version.media_type in HAVE_PAGES and page <= (self.version.page_count or 0)

    def layouts(self, span: Span) -> tuple[PageLayout, ...]:
        """Returns the layouts of the pages on which a span stands, in order."""
        try:
            return load_layouts(self.folder, span)
        except FileNotFoundError:
            raise_missing(self._service, self._caller, self.document, self.version, file="extracted text")

    def etag(self, *what: object) -> str:
        """Returns a name for what is made of this version."""
        stamp = self.folder.stat().st_mtime_ns if self.folder.exists() else 0
        made = repr((_RELEASE, self.version.version_id, stamp, *what))
        return f'"{hashlib.sha256(made.encode()).hexdigest()[:32]}"'

    def drawn(self, page: int, view: View, sent_as: PageFormat) -> bytes:
        """Returns a page in the form in which it is sent."""
        if not sent_as.is_image:
            return self._written(page, view.marked, sent_as).encode()
        path = self._service.storage.blobs.path(self.version.sha256)
        if not path.is_file():
            raise_missing(self._service, self._caller, self.document, self.version, file="original")
        image = self._service.page_renderer.render(
            path, name=self.document.name, media_type=self.version.media_type, page=page, width=view.width
        )
        if view.marked.start < view.marked.end:
            for layout in load_layouts(self.folder, view.marked, page=page):
                image = highlighted(image, layout, view.marked)
        target = BytesIO()
        image.save(target, sent_as, **_FAST[sent_as])
        return target.getvalue()

    def _written(self, page: int, marked: Span, sent_as: PageFormat) -> str:
        text, tables, part = self.text[0], self.tables, self.parts.span(page)
        if sent_as is PageFormat.FRAGMENT:
            return document_fragment(text, tables, part=part, marked=marked)
        title, place = self.version.title or self.document.name, f"{page} of {self.parts.count}"
        return document_html(text, tables, part=part, marked=marked, title=title, place=place)
