"""Runs the application on a socket that is bound already."""

from __future__ import annotations

import errno
import logging
import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from api.app import create_app
from api.middleware.connections import Connections, OnceASecond, room_for_connections
from api.middleware.stopping import Stop
from ingest.service import Service
from rag.errors import CitewellError, ConfigurationError
from rag.settings import ServerSettings, Settings

_SHUTDOWN_SECONDS = 5  # half of Docker's: after it the worker needs time to abandon its job
_ACCEPTED_AT_ONCE = 100  # they have descriptors before they are counted
_WAITING_FOR_ACCEPT = 2_048
_TICKS_A_SECOND = 10  # uvicorn's


def bind(settings: ServerSettings) -> socket.socket:
    """Returns a bound socket.

    Raises:
        ConfigurationError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Only with this protocol asyncio sets TCP_NODELAY; without it an answer waits up to 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there. Stop it, or set another one with --port or CITEWELL_SERVER__PORT"
        else:
            reason = f"{error.strerror}. Choose another address with --host and --port"
        raise ConfigurationError(f"Cannot listen on {settings.host}:{settings.port}: {reason}.") from error
    return listener


class Server:
    """The service on one socket."""

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        *,
        on_ready: Callable[[Service], None],
        with_worker: bool = True,
    ) -> None:

        def ready(service: Service) -> None:
            listener.listen()  # before the server itself does: a client that is told of readiness may connect at once
            on_ready(service)

        self._app = create_app(settings, on_ready=ready, with_worker=with_worker)
        connections = Connections(
            most=room_for_connections(settings.server.max_connections),
            head_seconds=settings.server.head_timeout_seconds,
        )
        config = uvicorn.Config(
            self._app,
            http=connections.protocol,  # based on h11, which bounds the headers of a request
            proxy_headers=False,  # ``Proxies`` reads them
            ws="none",  # a connection that changes its protocol would not be counted
            log_config=None,
            lifespan="on",
            server_header=False,
            backlog=_ACCEPTED_AT_ONCE,
            timeout_keep_alive=math.ceil(settings.server.head_timeout_seconds),  # most clients give up after 5 seconds
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        self._server = _BoundedServer(config, connections, self._app.state.stop)
        self._listener = listener

    def _is_unexplained(self, record: logging.LogRecord) -> bool:
        """Drops what uvicorn says of a failure that ``run`` raises: its caller explains it."""
        return not (self._failure and record.getMessage().startswith(("Traceback", "Application startup failed")))

    @property
    def _failure(self) -> CitewellError | None:
        failure = getattr(self._app.state, "failure", None)
        return failure if isinstance(failure, CitewellError) else None

    def run(self) -> None:
        """Serves until told to stop.

        Raises:
            CitewellError: the service could not start.
        """
        once = OnceASecond()
        with (
            _filtered("uvicorn.error", self._is_unexplained),  # removed afterwards, as it references the whole service
            _filtered("uvicorn.error", once),
            _filtered("asyncio", once),
            suppress(SystemExit),  # uvicorn's sign that start-up failed; the reason is raised below
        ):
            self._server.run(sockets=[self._listener])
        if self._failure:
            raise self._failure
        if not self._server.started:
            raise ConfigurationError("The service could not start. The log above says why.")

    def stop(self) -> None:
        """Asks the server to end."""
        self._server.should_exit = True


class _BoundedServer(uvicorn.Server):
    """Closes connections that are overdue, and ends open requests when it stops."""

    def __init__(self, config: uvicorn.Config, connections: Connections, stop: Stop) -> None:
        super().__init__(config)
        self._connections = connections
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_WAITING_FOR_ACCEPT)  # the kernel holds more connections than are accepted at once

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_A_SECOND == 0:
            self._connections.close_overdue()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stop.begin()
        await super().shutdown(sockets)


@contextmanager
def _filtered(name: str, condition: logging.Filter | Callable[[logging.LogRecord], bool]) -> Iterator[None]:
    log = logging.getLogger(name)
    log.addFilter(condition)
    try:
        yield
    finally:
        log.removeFilter(condition)


@contextmanager
def serving(settings: Settings, listener: socket.socket, *, with_worker: bool = True) -> Iterator[None]:
    """Serves from a thread of this process while the block runs.

    Raises:
        CitewellError: the service could not start.
    """
    settled = threading.Event()
    failures: list[CitewellError] = []
    server = Server(settings, listener, on_ready=lambda _: settled.set(), with_worker=with_worker)

    def run() -> None:
        try:
            server.run()
        except CitewellError as error:
            failures.append(error)
        finally:
            settled.set()

    thread = threading.Thread(target=run, name="service")
    thread.start()
    settled.wait()
    try:
        if failures:
            raise failures[0]
        yield
    finally:
        server.stop()
        thread.join()
