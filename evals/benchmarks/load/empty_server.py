"""An ASGI application without content, as a baseline: ``python -m evals.benchmarks.load.empty_server``.

Writes its URL to stdout when it listens.
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from starlette.types import Receive, Scope, Send


async def empty(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers each request with 200."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(empty, http="h11", log_config=None, lifespan="off")).run(sockets=[listener])
