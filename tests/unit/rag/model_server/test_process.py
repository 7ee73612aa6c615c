from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from rag.errors import ModelServerError
from rag.model_server.process import Launch, answers, running_server, server_variables

pytestmark = pytest.mark.integration

# Answers its health check with 503 twice before it says yes, as a server does that is still loading.
HEALTHY = """
import http.server, sys
left = [2]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if left[0] else 200)
        left[0] -= bool(left[0])
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
FAILING = "import sys; print('torch.OutOfMemoryError: CUDA out of memory.'); sys.exit(1)"
SILENT = "import signal; signal.pause()"


def launch(script: str, folder: Path) -> Launch:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (sys.executable, "-c", script, str(port))
    return Launch(command=command, host="127.0.0.1", port=port, log=folder / "log", variables={})


def test_server_is_given_once_it_is_healthy_and_ended_after_the_block(tmp_path: Path) -> None:
    started = launch(HEALTHY, tmp_path)
    with running_server(started, start_seconds=60) as process:
        assert answers(started.url)
        assert process.poll() is None
    assert process.poll() is not None
    assert not answers(started.url)


def test_server_that_ends_is_explained_by_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelServerError, match=r"status 1: .*CUDA out of memory.*quantized"),
        running_server(launch(FAILING, tmp_path), start_seconds=60),
    ):
        pytest.fail("it never ran")


def test_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelServerError, match=r"does not answer after 0 seconds"),
        running_server(launch(SILENT, tmp_path), start_seconds=0),
    ):
        pytest.fail("it never answered")


def test_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    started = launch(SILENT, tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", started.port))
        other.listen()
        with (
            pytest.raises(ModelServerError, match=rf"127\.0\.0\.1:{started.port}.*--port"),
            running_server(started, start_seconds=0),
        ):
            pytest.fail("the port is taken")
    assert not started.log.exists()


@pytest.mark.parametrize("offline", [True, False])
def test_nobody_is_told_of_its_use_and_a_local_model_needs_no_hub(offline: bool, tmp_path: Path) -> None:  # noqa: FBT001
    variables = server_variables(cache_folder=tmp_path, offline=offline)
    assert variables["VLLM_NO_USAGE_STATS"] == variables["DO_NOT_TRACK"] == "1"
    assert ("HF_HUB_OFFLINE" in variables) is offline
