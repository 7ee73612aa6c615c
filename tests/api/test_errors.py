from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from api.errors import STATUSES, install_error_handlers, problem_of
from rag import errors
from rag.errors import CitewellError


def all_errors(base: type[CitewellError]) -> set[type[CitewellError]]:
    return {base}.union(*(all_errors(child) for child in base.__subclasses__()))


def test_every_error_that_can_be_raised_has_a_status() -> None:
    ours = {error for error in all_errors(CitewellError) if error.__module__ == errors.__name__}
    assert set(STATUSES) == ours - {CitewellError}


def test_only_our_own_faults_are_5xx() -> None:
    for error, status in STATUSES.items():
        ours = issubclass(error, errors.ConfigurationError | errors.DependencyError | errors.IngestionFailedError)
        assert (status >= 500) is ours, error.__name__


def test_what_is_not_ours_keeps_its_details_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    problem = problem_of(KeyError("password of the database"))
    assert (problem.status, problem.code) == (500, "internal_error")
    assert "password" not in problem.model_dump_json()
    assert "password" in caplog.text


async def get(path: str) -> httpx.Response:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/document")
    async def document() -> None:
        raise errors.UnknownDocumentError("d1")

    @app.get("/index")
    async def index() -> None:
        raise errors.IndexUnavailableError("edge", "it is closed")

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    @app.get("/count")
    async def count(limit: int) -> int:
        return limit

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://citewell") as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/document", 404, "unknown_document"),
        ("/index", 503, "index_unavailable"),
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
    assert int((await get("/index")).headers["retry-after"]) > 0
    assert "query.limit" in (await get("/count?limit=few")).json()["detail"]
