"""A scripted server with the HTTP API, for browser tests of the page."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import FastAPI, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from api.views.words import page_response
from tests.support.servers.page_collections import add_collection_routes, problem
from tests.support.servers.page_images import add_shown_pages
from tests.support.servers.page_jobs import CREATED, JsonObject, advance_job, document_json, versions_of

PAGE_FOLDER = Path(__file__).parents[3] / "api" / "page"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedDocument:
    """An initial document, with the text for citations."""

    document_id: str
    name: str
    title: str
    text: str
    pages: int | None = None
    collection: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedAnswer:
    """The events of an answer, in order. ``hangs``: the stream then stays open."""

    events: Sequence[tuple[str, JsonObject]]
    hangs: bool = False


@dataclass(slots=True, kw_only=True)
class PageState:
    """The server's data and received requests, for tests to read."""

    documents: dict[str, JsonObject] = field(default_factory=dict)
    collections: dict[str, JsonObject] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, JsonObject] = field(default_factory=dict)
    asked: list[JsonObject] = field(default_factory=list)
    feedback: list[JsonObject] = field(default_factory=list)
    feedback_is_off: bool = False
    text_is_down: bool = False
    catalog_is_down: bool = False
    text_is_gone: bool = False
    abandoned: threading.Event = field(default_factory=threading.Event)


def create_page_app(
    documents: Sequence[ScriptedDocument], answers: Mapping[str, ScriptedAnswer], *, token_seconds: float = 0
) -> FastAPI:
    """Builds the server. A question without an entry in ``answers`` gets a problem; ``app.state.page`` is the state."""
    app = FastAPI(openapi_url=None)
    state = PageState()
    app.state.page = state
    for each in reversed(documents):
        known = {"state": "ready", "title": each.title, "page_count": each.pages, "size_bytes": len(each.text)}
        chunks = len(each.text) // 120 + 1
        found = document_json(each.document_id, each.name, each.collection, chunk_count=chunks, **known)
        state.documents[each.document_id] = found
        state.texts[each.document_id] = each.text
    _add_static_files(app)
    _add_model_route(app)
    add_collection_routes(app, state.documents, state.collections)
    _add_document_routes(app, state)
    add_shown_pages(app, state.documents, state.texts, unreadable=lambda: _unreadable(state))
    _add_ingestion_routes(app, state)
    _add_ask_route(app, state, answers, token_seconds=token_seconds)
    _add_feedback_route(app, state)
    return app


def _add_static_files(app: FastAPI) -> None:
    @app.middleware("http")
    async def secure(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    @app.get("/")
    async def index(request: Request) -> HTMLResponse:
        return page_response(PAGE_FOLDER / "chat" / "index.html", request)

    app.mount("/page", StaticFiles(directory=PAGE_FOLDER))


def _add_model_route(app: FastAPI) -> None:
    @app.get("/v1/models/endpoints")
    async def endpoints() -> JsonObject:
        writing = {"model": "tests", "endpoint": "tests", "why": "up", "message": ""}
        return {"writing": writing, "locked": False, "endpoints": []}


def _add_document_routes(app: FastAPI, state: PageState) -> None:
    @app.get("/v1/documents/{document_id}")
    async def document(document_id: str) -> Response:
        return _known(state.documents, document_id)

    @app.get("/v1/documents/{document_id}/versions")
    async def versions(document_id: str) -> JsonObject:
        jobs = [each for each in state.jobs.values() if each["document_id"] == document_id]
        return {"versions": versions_of(state.documents[document_id], jobs)}

    @app.delete("/v1/documents/{document_id}", status_code=202)
    async def delete(document_id: str) -> None:
        del state.documents[document_id]

    @app.get("/v1/documents/{document_id}/text", response_model=None)
    async def text(document_id: str, start: int, end: int, version_id: str = "") -> JsonObject | JSONResponse:
        if (unreadable := _unreadable(state)) is not None:
            return unreadable
        whole = state.texts[document_id]
        part = {"start": start, "end": min(end, len(whole)), "length": len(whole), "text": whole[start:end]}
        found = state.documents[document_id]
        about = {"document_id": document_id, "version_id": version_id, "name": found["name"], "title": found["title"]}
        return about | part


def _unreadable(state: PageState) -> JSONResponse | None:
    if state.text_is_down:
        return JSONResponse(problem(503, "index_unavailable", "The text cannot be read now. Try again."), 503)
    if state.text_is_gone:
        return JSONResponse(problem(404, "unknown_version", "There is no version with this id."), 404)
    return None


def _add_ingestion_routes(app: FastAPI, state: PageState) -> None:
    @app.post("/v1/documents", response_model=None)
    async def upload(
        file: Annotated[UploadFile, File()],
        collection: Annotated[str, Form()] = "default",
        given: Annotated[str, Form(alias="name")] = "",
    ) -> Response:
        name = given or file.filename or "unnamed"
        content = await file.read()
        if state.catalog_is_down:
            return JSONResponse(problem(503, "catalog_unavailable", "The catalogue does not answer. Try again."), 503)
        if name.endswith(".exe"):
            detail = f"'{name}' is of a type that is not read. Save it as PDF and upload that."
            return JSONResponse(problem(415, "unsupported_type", detail, name=name), 415)
        if not content:
            detail = f"'{name}' is empty (0 bytes). Check the file and upload it again."
            return JSONResponse(problem(422, "empty_document", detail, name=name), 422)
        document_id = f"uploaded-{len(state.jobs)}"
        version_id = f"{document_id}-v1"
        found = document_json(document_id, name, collection, size_bytes=len(content))
        for known in state.documents.values():
            if (known["name"], known["collection"]) == (name, collection):
                known |= {"state": "processing", "error": None}
                found = known
        job: JsonObject = {"id": f"job-{document_id}", "document_id": found["id"], "collection": collection}
        job |= {"state": "queued", "stage": "parsing", "version_id": version_id, "progress": 0.0}
        job |= {"chunks_done": 0, "chunks_total": 0, "error": None}
        job |= {"created_at": CREATED, "started_at": None, "finished_at": None}
        state.documents[found["id"]] = found
        state.texts[found["id"]] = content.decode(errors="replace")
        state.jobs[job["id"]] = job
        return JSONResponse({"document": found, "job": job}, 202)

    @app.get("/v1/jobs")
    async def jobs(collection: str, state_wanted: Annotated[str, Query(alias="state")]) -> JsonObject:
        wanted = (collection, state_wanted)
        return {"jobs": [each for each in state.jobs.values() if (each["collection"], each["state"]) == wanted]}

    @app.get("/v1/jobs/{job_id}")
    async def job(job_id: str) -> JsonObject:
        """Advances the job one stage at each request, so that no test depends on time."""
        advance_job(state.jobs[job_id], state.documents)
        return state.jobs[job_id]

    @app.post("/v1/jobs/{job_id}/cancel", status_code=202)
    async def cancel(job_id: str) -> JsonObject:
        state.jobs[job_id]["cancel_requested"] = True
        return state.jobs[job_id]


def _known(held: Mapping[str, JsonObject], key: str) -> Response:
    if key in held:
        return JSONResponse(held[key])
    return JSONResponse(problem(404, "unknown_document", "There is no document with this id."), 404)


def _add_ask_route(
    app: FastAPI, state: PageState, answers: Mapping[str, ScriptedAnswer], *, token_seconds: float
) -> None:
    @app.post("/v1/ask", response_model=None)
    async def ask(request: Request) -> Response:
        body = await request.json()
        state.asked.append(body)
        answer = answers.get(body["question"])
        if answer is None:
            detail = "There is no collection with this name. Upload a document to it first."
            return JSONResponse(problem(404, "unknown_collection", detail), 404)
        return StreamingResponse(_stream(answer, state, token_seconds), media_type="text/event-stream")


def _add_feedback_route(app: FastAPI, state: PageState) -> None:
    @app.post("/v1/feedback")
    async def feedback(request: Request) -> Response:
        if state.feedback_is_off:
            return JSONResponse(problem(409, "feedback_off", "Feedback is off: nothing is remembered."), 409)
        body = await request.json()
        state.feedback.append(body)
        return JSONResponse(body)


async def _stream(answer: ScriptedAnswer, state: PageState, token_seconds: float) -> AsyncIterator[str]:
    for event, data in answer.events:
        await asyncio.sleep(token_seconds)
        yield f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
    if not answer.hangs:
        return
    try:
        await asyncio.Event().wait()
    finally:
        state.abandoned.set()


class _ThreadedServer(uvicorn.Server):
    """A server with an event for listening."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Runs an app on a free port in a thread and yields its address."""
    server = _ThreadedServer(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        if not server.listening.wait(20):
            raise TimeoutError("the page's server did not start within 20 s")
        yield server.url
    finally:
        server.should_exit = True
        thread.join(10)
