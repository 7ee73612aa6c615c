"""The routes of a scripted server that show documents: a blank page for each of a PDF, HTML for others."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from PIL import Image

from api.views.document_html import document_fragment
from rag.types import Element, ElementKind, ExtractedText, Span
from tests.support.servers.page_jobs import JsonObject

WIDTH, HEIGHT = 595, 842


def add_shown_pages(
    app: FastAPI,
    documents: Mapping[str, JsonObject],
    texts: Mapping[str, str],
    *,
    unreadable: Callable[[], JSONResponse | None],
) -> None:
    @app.get("/v1/documents/{document_id}/place", response_model=None)
    async def place(document_id: str, start: int, end: int, version_id: str = "") -> JsonObject | JSONResponse:
        if (failure := unreadable()) is not None:
            return failure
        found = documents[document_id]
        pages = found["page_count"] or 0
        page = min(pages, 1 + start * pages // len(texts[document_id])) or 1
        marked = [[72, 400, 400, 420]] if start < end else []
        boxes = [{"page": page, "width": WIDTH, "height": HEIGHT, "boxes": marked}] if pages else []
        about = {"document_id": document_id, "version_id": version_id, "version_number": 1, "is_active": True}
        about |= {"name": found["name"], "title": found["title"], "media_type": "", "opens_in_browser": bool(pages)}
        shown = {"page": page, "page_count": pages or 1, "has_images": bool(pages), "pages": boxes}
        return about | shown | {"start": start, "end": end}

    @app.get("/v1/documents/{document_id}/pages/{page}")
    async def shown_page(
        document_id: str, page: int, start: int, end: int, width: int = 800, version_id: str = ""
    ) -> Response:
        if documents[document_id]["page_count"]:
            image = io.BytesIO()
            Image.new("L", (width, width * HEIGHT // WIDTH), 255).save(image, "PNG")
            return Response(image.getvalue(), media_type="image/png")
        text = texts[document_id]
        read = ExtractedText(
            text=text, title=str(page), elements=tuple(_paragraphs(text)), page_count=None, parser=version_id
        )
        whole, marked = Span(start=0, end=len(text)), Span(start=start, end=end)
        html = document_fragment(read, (), part=whole, marked=marked)
        return Response(html, media_type="text/html; charset=utf-8")


def _paragraphs(text: str) -> Iterator[Element]:
    start = 0
    for paragraph in text.split("\n\n"):
        span = Span(start=start, end=start + len(paragraph))
        yield Element(kind=ElementKind.PARAGRAPH, span=span, page=None, heading_path=())
        start = span.end + 2
