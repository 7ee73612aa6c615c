from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from rag.errors import ModelServerError
from rag.model_server.process import Launch, answers, explain_failure, running_server, server_variables

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


@pytest.mark.integration
def test_server_is_given_once_it_is_healthy_and_ended_after_the_block(tmp_path: Path) -> None:
    started = launch(HEALTHY, tmp_path)
    with running_server(started, start_seconds=60) as process:
        assert answers(started.url)
        assert process.poll() is None
    assert process.poll() is not None
    assert not answers(started.url)


@pytest.mark.integration
def test_server_that_ends_is_explained_by_its_log(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelServerError, match=r"status 1: .*CUDA out of memory.*quantized"),
        running_server(launch(FAILING, tmp_path), start_seconds=60),
    ):
        pytest.fail("it never ran")


@pytest.mark.integration
def test_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelServerError, match=r"does not answer after 0 seconds"),
        running_server(launch(SILENT, tmp_path), start_seconds=0),
    ):
        pytest.fail("it never answered")


@pytest.mark.integration
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


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("ValueError: Free memory on device cuda:0 (3.1/23.6 GiB) on startup is less than desired", "memory_share"),
        ("ValueError: No available memory for the cache blocks. Try increasing", "context_tokens"),
        ("4.1 GiB KV cache is needed, which is larger than the available KV cache memory (2.0 GiB)", "context_tokens"),
        ("ValueError: Available memory on node 0 (0.3/23 GiB) on kv cache allocation is less", "kv_cache_gib"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "quantized"),
        ("OSError: [Errno 98] Address already in use", "--port"),
        ("OSError: We couldn't connect to the hub to load this file", "HF_HUB_OFFLINE"),
        ("ModuleNotFoundError: No module named 'vllm'", "Delete the server's environment"),
    ],
)
def test_what_the_server_says_becomes_a_reason_and_a_remedy(line: str, remedy: str) -> None:
    reason, told = explain_failure(f"INFO starting\n(EngineCore) ERROR {line}\nRuntimeError: Engine core failed\n")
    assert reason in f"(EngineCore) ERROR {line}"
    assert remedy in told


def test_an_unknown_failure_is_its_last_error() -> None:
    assert explain_failure("ValueError: first\nKeyError: 'last'\nbye\n")[0] == "KeyError: 'last'"
    assert explain_failure("bye\n")[0] == "it did not say why"
