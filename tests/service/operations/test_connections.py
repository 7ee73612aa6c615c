"""Clients that hold connections and send slowly, or nothing, or what is no HTTP: others are served all the same."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from api.server import bind, serving
from rag.settings import IngestionSettings, LimitSettings, ServerSettings, Settings, StorageSettings
from tests.support.faults.service import ServiceProcess
from tests.support.servers.service import problem, upload

pytestmark = pytest.mark.integration

DRIP_SECONDS = 0.05
IDLE = 1_000  # and the test's own process may have no more than 1,024 descriptors either
LONGEST_SECONDS = 30.0
QUESTION = b'{"query": "limit of the lift"}'
FORM = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="slow.txt"\r\n\r\nWords.'
CAREFUL = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(kw_only=True)
class Running:
    """A service on a port of its own; its raw connections are closed at the end."""

    port: int
    http: httpx.Client
    stack: ExitStack = field(default_factory=ExitStack)

    def connect(self, words: bytes = b"", *, receive_bytes: int | None = None) -> socket.socket:
        raw = self.stack.enter_context(closing(socket.socket()))
        if receive_bytes is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        raw.settimeout(LONGEST_SECONDS)
        raw.connect(("127.0.0.1", self.port))
        raw.sendall(words)
        return raw

    def is_well(self) -> bool:
        """Returns whether a new client is served at once."""
        return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=LONGEST_SECONDS).is_success


@contextmanager
def running(folder: Path, server: ServerSettings, limits: LimitSettings | None = None) -> Iterator[Running]:
    settings = Settings(
        storage=StorageSettings(folder=folder / "data"),
        server=server,
        limits=limits or LimitSettings(),
        ingestion=IngestionSettings(max_upload_bytes=40_000_000),
    )
    with bind(server) as listener:
        port = listener.getsockname()[1]
        with (
            serving(settings, listener, with_worker=False),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=LONGEST_SECONDS) as http,
            closing(Running(port=port, http=http).stack) as stack,
        ):
            yield Running(port=port, http=http, stack=stack)


def head(path: str, *lines: str, method: str = "POST") -> bytes:
    fixed = (f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    return "\r\n".join([*fixed, *lines, "", ""]).encode()


def is_closed(raw: socket.socket, *, within_seconds: float = LONGEST_SECONDS, drip: bytes = b"") -> bool:
    """Returns whether the service ends the connection while the client repeats ``drip``."""
    raw.settimeout(DRIP_SECONDS)
    for _ in range(int(within_seconds / DRIP_SECONDS)):
        try:
            raw.sendall(drip)
            if not raw.recv(65_536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def answer(raw: socket.socket, *, drip: bytes = b"") -> httpx.Response:
    """Reads until the service closes the connection."""
    raw.settimeout(DRIP_SECONDS)
    said = b""
    for _ in range(int(LONGEST_SECONDS / DRIP_SECONDS)):
        try:
            raw.sendall(drip)
            piece = raw.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            break
        if not piece:
            break
        said += piece
    first, _, body = said.partition(b"\r\n\r\n")
    status, *lines = first.decode().split("\r\n")
    return httpx.Response(int(status.split()[1]), headers=[_header(line) for line in lines], content=body)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """It waits for a second."""
    server = ServerSettings(port=0, head_timeout_seconds=1.0, body_timeout_seconds=1.0)
    with running(tmp_path_factory.mktemp("impatient"), server) as service:
        yield service


@pytest.mark.parametrize(
    ("words", "drip"),
    [
        (b"", b""),
        (b"\r\n\r\n", b"\r\n"),
        (b"GET /healthz HTTP/1.1\r\nHost: loc", b""),
        (b"GET /healthz HTTP/1.1\r\nX-Long: ", b"a"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nX-Long: ", b"a"),
        (head("/healthz", "Content-Length: 100000", method="GET"), b"a"),
        (head("/nowhere", "Transfer-Encoding: chunked"), b"1\r\na\r\n"),
    ],
    ids=["silent", "empty lines", "half", "dripping", "after an answer", "a body unasked", "chunks for nothing"],
)
def test_a_connection_without_a_whole_head_in_time_is_closed(impatient: Running, words: bytes, drip: bytes) -> None:
    assert is_closed(impatient.connect(words), drip=drip)


@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask", "/v1/chat/completions", "/v1/documents", "/v1/feedback"])
def test_a_body_that_drips_is_given_up_in_all_its_time(impatient: Running, path: str) -> None:
    begun = head(path, "Content-Length: 100000")
    if path == "/v1/documents":
        begun = begun.replace(b"application/json", b"multipart/form-data; boundary=cut") + FORM
    refused = answer(impatient.connect(begun), drip=b" ")
    assert refused.status_code == 408
    assert refused.json().get("code", "request_timeout") == "request_timeout"
    assert {name: refused.headers[name] for name in CAREFUL} == CAREFUL


def test_a_steady_upload_may_take_its_time(impatient: Running) -> None:
    """More than the second that a dripping body has, at 4 KiB a second or more."""
    words = b" " * 30_000
    end = b"\r\n--cut--\r\n"
    size = f"Content-Length: {len(FORM) + len(words) + len(end)}"
    whole = head("/v1/documents", size).replace(b"application/json", b"multipart/form-data; boundary=cut") + FORM
    raw = impatient.connect(whole)
    raw.settimeout(DRIP_SECONDS)
    for sent in range(0, len(words), 1_000):
        raw.sendall(words[sent : sent + 1_000])
        with pytest.raises(TimeoutError):
            raw.recv(1)
    raw.sendall(end)
    raw.settimeout(LONGEST_SECONDS)
    assert raw.recv(65_536).startswith(b"HTTP/1.1 202")


def test_idle_connections_make_room_for_new_ones_the_oldest_first(tmp_path: Path) -> None:
    server = ServerSettings(port=0, max_connections=20, head_timeout_seconds=3_600.0)
    with running(tmp_path, server) as service:
        held = [service.connect(b"GET /healthz HTTP/1.1\r\n" if each % 2 else b"") for each in range(60)]
        assert all(service.is_well() for _ in range(5))
        assert all(is_closed(raw) for raw in held[:40])
        assert not is_closed(held[-1], within_seconds=0.1)


def test_half_sent_bodies_make_room_for_new_connections(tmp_path: Path) -> None:
    server = ServerSettings(port=0, max_connections=4, body_timeout_seconds=3_600.0)
    with running(tmp_path, server) as service:
        held = [service.connect(head("/v1/ask", "Content-Length: 9000") + b"{") for _ in range(4)]
        assert all(service.is_well() for _ in range(3))
        assert is_closed(held[0])


def test_answers_that_nobody_reads_make_room_for_new_connections(tmp_path: Path) -> None:
    server = ServerSettings(port=0, max_connections=4)
    with running(tmp_path, server) as service:
        document = upload(service.http, "long.txt", b"Many words. " * 2_500_000).json()["document"]
        service.http.close()
        path = f"/v1/documents/{document['id']}/versions/{document['version_id']}/original"
        held = [service.connect(head(path, method="GET"), receive_bytes=4_096) for _ in range(4)]
        for raw in held:
            assert raw.recv(12) == b"HTTP/1.1 200"
        until = time.monotonic() + LONGEST_SECONDS
        while not service.is_well():  # until so much is sent that something waits to be read
            assert time.monotonic() < until
        assert all(service.is_well() for _ in range(3))


def test_when_all_connections_are_being_answered_one_more_is_told_to_come_back(tmp_path: Path) -> None:
    server = ServerSettings(port=0, max_connections=3)
    with running(tmp_path, server) as service:
        job = upload(service.http, "waiting.txt", b"Words.").json()["job"]["id"]
        service.http.close()
        followed = [service.connect(head(f"/v1/jobs/{job}/events", method="GET")) for _ in range(3)]
        for raw in followed:
            assert raw.recv(65_536).startswith(b"HTTP/1.1 200")
        refused = answer(service.connect())
        assert problem(refused) == (503, "busy")
        assert int(refused.headers["retry-after"]) > 0
        assert {name: refused.headers[name] for name in CAREFUL} == CAREFUL


def test_a_connection_that_asks_for_another_protocol_stays_counted(tmp_path: Path) -> None:
    server = ServerSettings(port=0, max_connections=3, head_timeout_seconds=3_600.0)
    upgrade = head("/healthz", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", method="GET")
    with running(tmp_path, server) as service:
        held = [service.connect(upgrade) for _ in range(3)]
        for raw in held:
            assert raw.recv(65_536).startswith(b"HTTP/1.1 200")


def test_a_question_is_answered_beside_130_that_drip(tmp_path: Path) -> None:
    with running(tmp_path, ServerSettings(port=0)) as service:
        for each in range(130):
            path = ("/v1/ask", "/v1/search", "/v1/chat/completions")[each % 3]
            service.connect(head(path, "Content-Length: 100000") + b'{"que')
        found = service.http.post("/v1/search", content=QUESTION, headers={"Content-Type": "application/json"})
        assert found.status_code == 200
        assert service.is_well()


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 30", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 30"),
        ("Transfer-Encoding:", " chunked", "Content-Length: 30"),
        ("Content-Length: 30", "Content-Length: 31"),
        ("Content-Length: 30, 31",),
        ("Content-Length: +30",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
        ("Content-Length : 30",),
    ],
)
def test_a_request_whose_length_can_be_read_in_two_ways_is_refused(impatient: Running, lines: tuple[str, ...]) -> None:
    raw = impatient.connect(head("/v1/search", *lines) + b"1e\r\n" + QUESTION + b"\r\n0\r\n\r\n")
    refused = answer(raw)
    assert problem(refused) == (400, "bad_request")
    assert {name: refused.headers[name] for name in CAREFUL} == CAREFUL


def test_chunks_in_http_1_0_are_refused(impatient: Running) -> None:
    chunked = head("/v1/search", "Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0")
    assert problem(answer(impatient.connect(chunked + b"0\r\n\r\n"))) == (400, "bad_request")


def test_a_broken_chunk_after_an_answer_ends_the_connection_and_nothing_else(
    impatient: Running, caplog: pytest.LogCaptureFixture
) -> None:
    raw = impatient.connect(head("/nowhere", "Transfer-Encoding: chunked"))
    assert raw.recv(65_536).startswith(b"HTTP/1.1 404")
    raw.sendall(b"no chunk\r\n")
    assert is_closed(raw)
    assert impatient.is_well()
    assert "Fatal error" not in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/healthz", {}, 200),
        ("GET", "/", {}, 200),
        ("GET", "/page/chat/app.js", {}, 200),
        ("GET", "/nowhere", {}, 404),
        ("FOO", "/healthz", {}, 405),
        ("GET", "/healthz", {"Host": "elsewhere"}, 400),
        ("GET", "/healthz", {"Origin": "http://elsewhere"}, 403),
        ("POST", "/v1/ask", {}, 422),
    ],
)
def test_every_answer_carries_the_headers_that_keep_browsers_careful_and_none_names_the_server(
    impatient: Running, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    response = impatient.http.request(method, path, headers=headers)
    assert response.status_code == status
    assert {name: response.headers.get_list(name) for name in CAREFUL} == {name: [CAREFUL[name]] for name in CAREFUL}
    assert "server" not in response.headers


def test_a_body_that_is_too_large_is_refused_with_the_same_headers(impatient: Running) -> None:
    refused = answer(impatient.connect(head("/v1/ask", "Content-Length: 99999999")))
    assert refused.status_code == 413
    assert {name: refused.headers[name] for name in CAREFUL} == CAREFUL


def test_an_answer_goes_out_at_once(impatient: Running) -> None:
    """Nagle's algorithm is off on the service's side."""
    raw = impatient.connect()
    here = raw.getsockname()
    assert impatient.is_well()  # by then this connection, which came before, has been accepted
    [theirs] = [each.fd for each in psutil.Process().net_connections("tcp") if each.raddr == here]
    with socket.socket(fileno=os.dup(theirs)) as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_thousand_idle_connections_do_not_deafen_a_service_with_1024_descriptors(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data", before="ulimit -n 1024; ") as service:
        service.start()
        url = httpx.URL(service.wait_until_ready())
        with ExitStack() as stack:
            for _ in range(IDLE):
                raw = stack.enter_context(closing(socket.socket()))
                raw.settimeout(LONGEST_SECONDS)
                raw.connect((url.host, url.port))
            for _ in range(10):
                assert httpx.get(url.join("/healthz"), timeout=LONGEST_SECONDS).is_success
        log = service.log.read_text()
        assert "out of system resource" not in log
        assert len(log) < 100_000


def test_a_service_without_descriptors_says_so_once_a_second_and_recovers(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data") as service:
        service.start()
        url = httpx.URL(service.wait_until_ready())
        assert httpx.get(url.join("/healthz")).is_success
        process = psutil.Process(service.process.pid)
        before = process.rlimit(psutil.RLIMIT_NOFILE)
        process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds(), before[1]))
        with ExitStack() as stack:
            for _ in range(50):
                raw = stack.enter_context(closing(socket.socket()))
                raw.connect((url.host, url.port))
            while service.log.read_text().count("out of system resource") < 2:
                assert service.process.poll() is None
        process.rlimit(psutil.RLIMIT_NOFILE, before)
        assert httpx.get(url.join("/healthz"), timeout=LONGEST_SECONDS).is_success
        assert service.log.read_text().count("out of system resource") < 20
