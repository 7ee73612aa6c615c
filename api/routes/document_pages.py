"""Show what was read of a document: its pages, with a span marked on them, and its passages."""

from __future__ import annotations

from typing import Annotated, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from api.caller import CallerDependency
from api.dependencies import ServiceDependency, VersionChoice, run_in_thread
from api.middleware.fair_queue import FairQueue
from api.openapi import BINARY
from api.read_version import PAGE_MEDIA_TYPES, PageFormat, ReadVersion, View
from api.schemas.documents import PassageBody, PassageList
from api.schemas.paging import Cursor, Limit, Pages
from api.views.document_html import DOCUMENT_POLICY
from rag.types import Span

router = APIRouter(prefix="/v1/documents/{document_id}", tags=["documents"])


_FOR_GOOD = "private, max-age=86400, immutable"
"""Versions never change; a day, so that what was deleted is not shown for longer."""
_WHILE_ACTIVE = "private, no-cache"


def get_view(
    version_id: VersionChoice = None,
    start: Annotated[int, Query(ge=0, description="Where the marked span begins in the extracted text.")] = 0,
    end: Annotated[int, Query(ge=0, description="Where it ends; only what is after `start` is marked.")] = 0,
    width: Annotated[int, Query(ge=100, le=2_000, description="Width of an image in pixels, or less.")] = 1_000,
    page_format: Annotated[
        PageFormat | None,
        Query(
            alias="format",
            description="By default `webp` or `png`, as `Accept` says, for PDF and images; else `html`. `fragment` is "
            "HTML without a style, for a page that has one.",
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


@router.get("/pages", status_code=status.HTTP_307_TEMPORARY_REDIRECT, response_class=RedirectResponse)
def find_page(
    service: ServiceDependency, caller: CallerDependency, request: Request, document_id: str, view: ViewDependency
) -> RedirectResponse:
    """Redirects to the page on which a span begins, with all parameters and the version's id."""
    found = ReadVersion(service, caller, document_id, view.version_id)
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
    found = await run_in_thread(ReadVersion, service, caller, document_id, view.version_id)
    sent_as = await run_in_thread(found.format_of, page, view.page_format, request.headers.get("accept", ""))
    headers = {
        "ETag": found.etag(page, view, sent_as),
        # With logins a right may be taken away, so that a browser must ask each time.
        "Cache-Control": _FOR_GOOD if view.version_id and not service.settings.security.logins else _WHILE_ACTIVE,
        "Vary": "Accept",
        "Link": _links(page, found.parts.count, urlencode(dict(request.query_params))),
    }
    if _is_known(headers["ETag"], request.headers.get("if-none-match", "")):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    if not sent_as.is_image:
        headers |= {"Content-Security-Policy": DOCUMENT_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    async with queue.place(caller.tenant):
        body = await run_in_thread(found.drawn, page, view, sent_as)
    return Response(body, media_type=PAGE_MEDIA_TYPES[sent_as], headers=headers)


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
    found = ReadVersion(service, caller, document_id, version_id)
    extracted, chunks = found.text
    pages = Pages("passages", document_id, found.version.version_id)
    first = pages.number(cursor)
    entries = list(enumerate(chunks[first : first + limit + 1], start=first))
    shown, next_cursor = pages.cut(entries, limit, lambda entry: (str(entry[0] + 1),))
    return PassageList(
        document_id=document_id,
        version_id=found.version.version_id,
        passages=[PassageBody.of(found.version.version_id, ordinal, chunk, extracted.text) for ordinal, chunk in shown],
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
