"""Servers for tests of connecting a model: they answer in wrong ways, and write down what they were asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_HEAD_BYTES = 65_536


@dataclass
class Answer:
    """The answer to every request; without one there is none, ever. ``paths`` and ``heads`` are what was asked."""

    body: bytes = b""
    status: str = "200 OK"
    headers: str = ""
    paths: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)


@contextmanager
def strange_server(answer: Answer, port: int = 0) -> Iterator[int]:
    """Serves the answer on a port of this machine, a free one by default; yields the port."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        held: list[socket.socket] = []
        thread = threading.Thread(target=_serve, args=(listener, answer, held), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in held:
                connection.close()


def _serve(listener: socket.socket, answer: Answer, held: list[socket.socket]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        head = connection.recv(_HEAD_BYTES).decode("latin-1")
        answer.heads.append(head)
        answer.paths.append(head.split(" ")[1] if " " in head else "")
        held.append(connection)  # closed at the end: a server that never answers keeps its connections
        if answer.body or answer.headers or not answer.status.startswith("200"):
            length = f"Content-Length: {len(answer.body)}\r\nConnection: close\r\n"
            connection.sendall(f"HTTP/1.1 {answer.status}\r\n{length}{answer.headers}\r\n".encode() + answer.body)
            connection.close()
