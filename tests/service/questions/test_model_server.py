"""The whole path with a model: vLLM, started by our command, writes an answer that the service streams."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from evals.datasets.readers.catalogue import SAMPLE_FOLDER
from rag.model_server.environment import environment_for
from rag.model_server.process import answers
from rag.model_server.profiles import Hardware, read_profiles, server_arguments
from rag.settings import GenerationSettings, GeneratorBackend, ModelSettings, ServerSettings, Settings, StorageSettings
from tests.support.servers.model_server import require_vllm, running_model_server
from tests.support.servers.service import events, running_client, take_in

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PROFILE = "cpu-int8"
DOCUMENT = SAMPLE_FOLDER / "documents" / "employee-handbook.md"
QUESTION = "How many days of annual leave do I get?"


@pytest.fixture(scope="module")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_vllm()
    with running_model_server(PROFILE, tmp_path_factory.mktemp("model-server") / "log") as url:
        yield url
    assert not answers(url)


@pytest.fixture(scope="module")
def client(model_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("service")
    settings = Settings(
        storage=StorageSettings(folder=folder / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
        generation=GenerationSettings(backend=GeneratorBackend.VLLM, url=f"{model_server}/v1"),
    )
    with running_client(settings, folder / "api.sock") as http:
        take_in(http, DOCUMENT.name, DOCUMENT.read_bytes())
        yield http


@pytest.fixture(scope="module")
def streamed(client: httpx.Client) -> list[tuple[str, Any]]:
    answer = client.post("/v1/ask", json={"question": QUESTION, "stream": True}).raise_for_status()
    return [(name, json.loads(data)) for name, data in events(answer)]


def test_answer_is_streamed_in_tokens_after_its_sources_and_ends_whole(streamed: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in streamed]
    assert names[0] == "sources"
    assert names[-1] == "done"
    assert names.count("token") > 2
    assert "sentence" in names


def test_text_came_from_the_model_and_its_tokens_are_counted(streamed: list[tuple[str, Any]]) -> None:
    receipt = streamed[-1][1]["receipt"]
    assert receipt["usage"]["model"] == read_profiles()[PROFILE].served_name
    assert receipt["usage"]["prompt_tokens"] > 100
    assert receipt["usage"]["completion_tokens"] > 2
    assert not [part for part in receipt["degraded"] if part["stage"] == "generation"]


def test_every_citation_is_of_a_passage_that_was_shown(streamed: list[tuple[str, Any]]) -> None:
    shown = {passage["number"]: passage for passage in streamed[0][1]["sources"]}
    sentences = [data for name, data in streamed if name == "sentence"]
    assert sentences
    # So small a model may well write nothing that its passages support; then nothing is cited.
    assert [bool(sentence["citations"]) for sentence in sentences] == [sentence["supported"] for sentence in sentences]
    for citation in (citation for sentence in sentences for citation in sentence["citations"]):
        assert citation["number"] in shown
        assert citation["document_id"] == shown[citation["number"]]["document_id"]


def test_vllm_understands_the_arguments_of_every_profile() -> None:
    require_vllm()
    python = environment_for(Hardware.CPU, ModelSettings().cache_folder).python
    profiles = [
        profile.model_copy(update={"lora_adapters": {"legal": "/adapters/legal"}})
        for profile in read_profiles().values()
    ]
    lines = [server_arguments(profile, host="127.0.0.1", port=8001) for profile in profiles]
    script = (
        "import json, sys\n"
        "from vllm.entrypoints.launchers.cli_args import make_arg_parser\n"
        "from vllm.utils.argparse_utils import FlexibleArgumentParser\n"
        "for line in json.load(sys.stdin):\n"
        "    print(make_arg_parser(FlexibleArgumentParser()).parse_args(line).served_model_name[0])\n"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [python, "-c", script], input=json.dumps(lines), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [profile.served_name for profile in profiles]
