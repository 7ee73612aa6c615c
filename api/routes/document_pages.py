"""Show what was read of a document: its pages, with a span marked on them, and its passages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.metadata import version as installed_version
from io import BytesIO
from typing import Annotated, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from api.caller import Caller, CallerDependency
from api.dependencies import (
    ServiceDependency,
    VersionChoice,
    raise_missing,
    readable_version,
    run_in_thread,
)
from api.middleware.fair_queue import FairQueue
from api.openapi import BINARY
from api.schemas.documents import PassageBody, PassageList
from api.schemas.paging import Cursor, Limit, Pages
from api.views.document_html import DOCUMENT_POLICY, document_html
from api.views.highlight import highlighted
from api.views.parts import Parts, divide
from ingest.factory import extracted_folder
from ingest.sandbox.page_renderer import HAVE_PAGES
from ingest.service import Service
from ingest.storage.extracted_text import load_extracted, load_layouts, load_tables
from rag.errors import NoPageImagesError, UnknownPageError
from rag.types import ChunkSpan, ExtractedText, Span, chunk_id_of

router = APIRouter(prefix="/v1/documents/{document_id}", tags=["documents"])


class PageFormat(StrEnum):
    """The form in which a page is sent."""

    PNG = "png"
    WEBP = "webp"
    HTML = "html"


_MEDIA_TYPES = {PageFormat.PNG: "image/png", PageFormat.WEBP: "image/webp", PageFormat.HTML: "text/html; charset=utf-8"}
_FAST = {PageFormat.PNG: {"compress_level": 3}, PageFormat.WEBP: {"quality": 85, "method": 0}}
_RELEASE = installed_version("citewell")
_FOR_GOOD = "private, max-age=86400, immutable"
"""Versions never change; a day, so that what was deleted is not shown for longer."""
_WHILE_ACTIVE = "private, no-cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a page is to be shown, and with which span of the extracted text marked."""

    version_id: str | None
    marked: Span
    width: int
    page_format: PageFormat | None


def get_view(
    version_id: VersionChoice = None,
    start: Annotated[int, Query(ge=0, description="Where the marked span begins in the extracted text.")] = 0,
    end: Annotated[int, Query(ge=0, description="Where it ends; only what is after `start` is marked.")] = 0,
    width: Annotated[int, Query(ge=100, le=2_000, description="Width of an image in pixels, or less.")] = 1_000,
    page_format: Annotated[
        PageFormat | None,
        Query(
            alias="format",
            description="By default `webp` or `png`, as `Accept` says, for PDF and images; else `html`.",
        ),
    ] = None,
) -> View:
    """Returns how a page is to be shown."""
    return View(version_id=version_id, marked=Span(start=start, end=end), width=width, page_format=page_format)


def get_page_queue(request: Request) -> FairQueue:
    """Returns the queue of those who wait for a page."""
    return cast("FairQueue", request.app.state.page_queue)


ViewDependency = Annotated[View, Depends(get_view)]
PageQueueDependency = Annotated[FairQueue, Depends(get_page_queue)]
_PAGE = {
    "description": "An image of the page of a PDF or an image; for other files, what was read of them as HTML.",
    "headers": {
        "ETag": {"required": True, "schema": {"type": "string"}},
        "Link": {
            "description": "The addresses of the `first`, `prev`, `next` and `last` page.",
            "required": True,
            "schema": {"type": "string"},
        },
    },
    "content": {"image/png": BINARY, "image/webp": BINARY, "text/html": {"schema": {"type": "string"}}},
}


class _Version:
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
        has_image = self.version.media_type in HAVE_PAGES and page <= (self.version.page_count or 0)
        if asked is None:
            image = PageFormat.WEBP if _MEDIA_TYPES[PageFormat.WEBP] in accept else PageFormat.PNG
            return image if has_image else PageFormat.HTML
        if asked is not PageFormat.HTML and not has_image:
            raise NoPageImagesError(self.document.name)
        return asked

    def etag(self, *what: object) -> str:
        """Returns a name for what is made of this version."""
        stamp = self.folder.stat().st_mtime_ns if self.folder.exists() else 0
        made = repr((_RELEASE, self.version.version_id, stamp, *what))
        return f'"{hashlib.sha256(made.encode()).hexdigest()[:32]}"'

    def drawn(self, page: int, view: View, sent_as: PageFormat) -> bytes:
        """Returns a page in the form in which it is sent."""
        if sent_as is PageFormat.HTML:
            return document_html(
                self.text[0],
                load_tables(self.folder),
                part=self.parts.span(page),
                marked=view.marked,
                title=self.version.title or self.document.name,
                place=f"{page} of {self.parts.count}",
            ).encode()
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


@router.get("/pages", status_code=status.HTTP_307_TEMPORARY_REDIRECT, response_class=RedirectResponse)
def find_page(
    service: ServiceDependency, caller: CallerDependency, request: Request, document_id: str, view: ViewDependency
) -> RedirectResponse:
    """Redirects to the page on which a span begins, with all parameters and the version's id."""
    found = _Version(service, caller, document_id, view.version_id)
    query = dict(request.query_params) | {"version_id": found.version.version_id}
    return RedirectResponse(f"pages/{found.parts.holding(view.marked.start)}?{urlencode(query)}")


@router.get("/pages/{page}", response_class=Response, responses={status.HTTP_200_OK: _PAGE})
async def get_page(
    service: ServiceDependency,
    caller: CallerDependency,
    queue: PageQueueDependency,
    request: Request,
    document_id: str,
    page: Annotated[int, Path(ge=1, description="From 1; a slide, a frame, or a part of a text without pages.")],
    view: ViewDependency,
) -> Response:
    """Shows a page as it was read, with a span of the extracted text marked: as an image, or as HTML.

    HTML holds no script and loads nothing; its first mark has the id `mark`. A text without pages is divided into
    parts. With a `version_id` the answer may be kept; else it can be asked for again with `If-None-Match`.
    """
    found = await run_in_thread(_Version, service, caller, document_id, view.version_id)
    sent_as = await run_in_thread(found.format_of, page, view.page_format, request.headers.get("accept", ""))
    headers = {
        "ETag": found.etag(page, view, sent_as),
        "Cache-Control": _FOR_GOOD if view.version_id else _WHILE_ACTIVE,
        "Vary": "Accept",
        "Link": _links(page, found.parts.count, urlencode(dict(request.query_params))),
    }
    if _is_known(headers["ETag"], request.headers.get("if-none-match", "")):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    if sent_as is PageFormat.HTML:
        headers |= {"Content-Security-Policy": DOCUMENT_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    async with queue.place(caller.tenant):
        body = await run_in_thread(found.drawn, page, view, sent_as)
    return Response(body, media_type=_MEDIA_TYPES[sent_as], headers=headers)


@router.get("/passages")
def list_passages(
    service: ServiceDependency,
    caller: CallerDependency,
    document_id: str,
    version_id: VersionChoice = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PassageList:
    """Lists the passages that a version was divided into, in the order of its text."""
    found = _Version(service, caller, document_id, version_id)
    extracted, chunks = found.text
    pages = Pages("passages", document_id, found.version.version_id)
    first = pages.number(cursor)
    entries = list(enumerate(chunks[first : first + limit + 1], start=first))
    shown, next_cursor = pages.cut(entries, limit, lambda entry: (str(entry[0] + 1),))
    return PassageList(
        document_id=document_id,
        version_id=found.version.version_id,
        passages=[
            PassageBody(
                ordinal=ordinal,
                chunk_id=chunk_id_of(found.version.version_id, ordinal),
                page=chunk.page,
                heading_path=chunk.heading_path,
                start=chunk.span.start,
                end=chunk.span.end,
                text=extracted.text[chunk.span.start : chunk.span.end],
            )
            for ordinal, chunk in shown
        ],
        next_cursor=next_cursor,
    )


def _is_known(etag: str, given: str) -> bool:
    """Returns whether ``If-None-Match`` names an answer."""
    return given.strip() == "*" or etag in {each.strip().removeprefix("W/") for each in given.split(",")}


def _links(page: int, count: int, query: str) -> str:
    """Returns the addresses of other pages, relative to that of ``page``."""
    pages = {"first": 1, "prev": page - 1, "next": page + 1, "last": count}
    asked = f"?{query}" if query else ""
    return ", ".join(f'<{number}{asked}>; rel="{name}"' for name, number in pages.items() if 1 <= number <= count)
