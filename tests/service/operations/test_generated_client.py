"""A client that openapi-python-client makes of the served schema: built as a package, it uploads, asks and streams."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.servers.service import wait_for_job

pytestmark = pytest.mark.integration

SENTENCE = "The warranty of the Kestrel pump lasts five years."
Part = Callable[[str], Any]


def run(*arguments: str) -> None:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def part(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Part]:
    """Imports a module of the client's package."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_bytes(client.get("/openapi.json").raise_for_status().content)
    (folder / "config.json").write_text(json.dumps({"post_hooks": [], "project_name_override": "kestrel"}))
    where = ("--path", str(folder / "openapi.json"), "--output-path", str(folder / "kestrel"))
    how = ("--meta", "setup", "--config", str(folder / "config.json"), "--fail-on-warning")
    run("openapi_python_client", "generate", *where, *how)
    offline = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run("pip", "wheel", *offline, "--wheel-dir", str(folder), str(folder / "kestrel"))
    [wheel] = folder.glob("*.whl")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(wheel))
        yield lambda name: importlib.import_module(f"kestrel.{name}")


@pytest.fixture(scope="module")
def generated(part: Part, settings: Any, client: httpx.Client) -> Any:
    """The generated client, on the service's socket."""
    assert settings is not None
    made = part("client").Client(base_url="http://localhost")
    return made.set_httpx_client(client)


def upload(part: Part, generated: Any, name: str, content: bytes) -> Any:
    file = part("types").File(payload=BytesIO(content), file_name=Path(name).name, mime_type="text/plain")
    body = part("models").BodyUploadDocument(file=file, name=name)
    answer = part("api.documents.upload_document").sync_detailed(client=generated, body=body, idempotency_key=name)
    assert answer.status_code == 202
    return answer.parsed


@pytest.fixture(scope="module")
def pump(part: Part, generated: Any, client: httpx.Client) -> Any:
    """The document that answers."""
    uploaded = upload(part, generated, "pumps/kestrel.txt", SENTENCE.encode())
    assert wait_for_job(client, uploaded.job.id)["state"] == "succeeded"
    job = part("api.jobs.get_job").sync(uploaded.job.id, client=generated)
    assert (job.state, job.position, job.progress) == ("succeeded", None, 1.0)
    return uploaded.document


def test_it_uploads_lists_and_reads_back(part: Part, generated: Any, pump: Any) -> None:
    page = part("api.documents.list_documents").sync(client=generated, limit=1_000)
    assert page.next_cursor is None
    assert pump.id in {document.id for document in page.documents}
    original = part("api.versions.get_original").sync(pump.id, pump.version_id, client=generated)
    assert original.payload.read() == SENTENCE.encode()


def test_it_asks_and_reads_citations(part: Part, generated: Any, pump: Any) -> None:
    body = part("models").AskRequest(question="How long is the warranty of the Kestrel pump?")
    answer = part("api.questions.ask").sync(client=generated, body=body)
    assert "five years" in answer.answer
    assert answer.sentences[0].citations[0].document_id == pump.id
    assert answer.receipt.request_id


def test_it_streams_an_answer_into_its_models(part: Part, generated: Any, pump: Any) -> None:
    models = part("models")
    body = models.AskRequest(question="How long is the warranty of the Kestrel pump?", stream=True)
    kinds = {
        "sources": models.SourcesBody,
        "token": models.TokenBody,
        "sentence": models.SentenceBody,
        "done": models.AnswerBody,
        "error": models.Problem,
    }
    found: list[tuple[str, Any]] = []
    arguments = part("api.questions.ask")._get_kwargs(body=body)  # noqa: SLF001 - the generator's way to a request
    with generated.get_httpx_client().stream(**arguments) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                found.append((event, kinds[event].from_dict(json.loads(line.removeprefix("data: ")))))
    assert [event for event, _ in found][:2] == ["sources", "token"]
    assert found[-1][0] == "done"
    assert "five years" in found[-1][1].answer
    assert "".join(body.text for event, body in found if event == "token").strip() == found[-1][1].answer.strip()
    assert found[0][1].sources[0].document_id == pump.id


def test_it_reads_what_was_wrong(part: Part, generated: Any) -> None:
    problem = part("api.documents.get_document").sync("nope", client=generated)
    assert (problem.status, problem.code) == (404, "unknown_document")
    body = part("models").ChatRequest.from_dict({"model": "nope", "messages": [{"role": "user", "content": "x"}]})
    error = part("api.openai.create_chat_completion").sync(client=generated, body=body)
    assert error.error.code == "model_not_found"
