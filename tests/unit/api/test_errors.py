import errno
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI, UploadFile
from starlette.datastructures import UploadFile as StarletteUploadFile

from api.errors import STATUSES, install_error_handlers, problem_of
from rag import errors
from rag.errors import CitewellError


def all_errors(base: type[CitewellError]) -> set[type[CitewellError]]:
    return {base}.union(*(all_errors(child) for child in base.__subclasses__()))


OURS = [error for error in all_errors(CitewellError) if error.__module__ == errors.__name__]


def test_every_kind_of_error_has_a_status() -> None:
    assert set(STATUSES) == set(errors.ErrorKind)


def test_only_our_own_faults_are_5xx() -> None:
    for error in set(OURS) - {CitewellError}:
        ours = issubclass(
            error,
            errors.ConfigurationError
            | errors.DependencyError
            | errors.IngestionFailedError
            | errors.AnswerInterruptedError
            | errors.GuardFailedError,
        )
        assert (STATUSES[error.kind] >= 500) is ours, error.__name__


def test_what_is_not_ours_keeps_its_details_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    problem = problem_of(KeyError("password of the database"))
    assert (problem.status, problem.code) == (500, "internal_error")
    assert "password" not in problem.model_dump_json()
    assert "password" in caplog.text


def test_a_problem_holds_what_its_words_are_made_of() -> None:
    removed_at = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
    told = {"page": 9, "name": "a.pdf", "count": 7}
    assert problem_of(errors.UnknownPageError(9, name="a.pdf", count=7)).values == told
    assert problem_of(errors.UnknownCollectionError("hr", ["default"])).values == {"collection": "hr"}
    assert problem_of(errors.RemovedAnswerError(deleted=True, removed_at=removed_at)).values == {
        "deleted": True,
        "removed_at": "2026-11-30T09:12:00+00:00",
    }
    assert problem_of(errors.ConflictError("in the way")).values == {}
    assert problem_of(KeyError("password")).values == {}


def broken_app() -> FastAPI:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/document")
    async def document() -> None:
        raise errors.UnknownDocumentError("d1")

    @app.get("/index")
    async def index() -> None:
        raise errors.IndexUnavailableError("edge", "it is closed")

    @app.get("/full")
    async def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    @app.get("/unreadable")
    async def unreadable() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/etc/secret")

    @app.post("/form")
    async def form(file: UploadFile) -> str | None:
        return file.filename

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    @app.get("/queue")
    async def queue() -> None:
        raise errors.QueueFullError(waiting=1_000)

    @app.get("/count")
    async def count(limit: int) -> int:
        return limit

    return app


async def get(path: str) -> httpx.Response:
    transport = httpx.ASGITransport(broken_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://citewell") as client:
        return await client.get(path)


async def test_no_room_to_put_a_body_aside_is_a_full_disk_not_a_bad_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def write(_: UploadFile, data: bytes) -> None:
        raise OSError(errno.ENOSPC, f"No space left on device for {len(data)} bytes")

    monkeypatch.setattr(StarletteUploadFile, "write", write)
    transport = httpx.ASGITransport(broken_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://citewell") as client:
        response = await client.post("/form", files={"file": ("a.txt", b"Words.")})
    assert (response.status_code, response.json()["code"]) == (507, "storage_full")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/document", 404, "unknown_document"),
        ("/index", 503, "index_unavailable"),
        ("/full", 507, "storage_full"),
        ("/unreadable", 500, "internal_error"),
        ("/broken", 500, "internal_error"),
        ("/count?limit=few", 422, "invalid_request"),
        ("/nowhere", 404, "not_found"),
    ],
)
async def test_every_failure_is_a_problem_with_a_code(path: str, status: int, code: str) -> None:
    response = await get(path)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["detail"]


async def test_a_client_learns_when_to_come_back_and_which_field_was_wrong() -> None:
    for path in ("/index", "/full", "/queue"):
        assert int((await get(path)).headers["retry-after"]) > 0
    assert "query.limit" in (await get("/count?limit=few")).json()["detail"]
