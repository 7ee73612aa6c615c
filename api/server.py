"""Runs the application on a socket that is bound already."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from api.app import create_app
from ingest.service import Service
from rag.errors import CitewellError, ConfigurationError
from rag.settings import ServerSettings, Settings

_SHUTDOWN_SECONDS = 5  # half of what Docker waits: the worker lets go of its job after it


def bind(settings: ServerSettings) -> socket.socket:
    """Returns a bound socket.

    Raises:
        ConfigurationError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there. Stop it, or choose another port with CITEWELL_SERVER__PORT"
        else:
            reason = f"{error.strerror}. Choose another address with CITEWELL_SERVER__HOST and CITEWELL_SERVER__PORT"
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
            listener.listen()  # before the server itself does: who is told that we are ready may come at once
            on_ready(service)

        self._app = create_app(settings, on_ready=ready, with_worker=with_worker)
        config = uvicorn.Config(
            self._app,
            http="h11",  # it bounds the headers of a request
            log_config=None,
            lifespan="on",
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._listener = listener

    def _is_news(self, record: logging.LogRecord) -> bool:
        """Keeps back the traceback of a failure that ``run`` raises, and whoever called it explains."""
        return not (self._failure and record.getMessage().startswith("Traceback"))

    @property
    def _failure(self) -> CitewellError | None:
        failure = getattr(self._app.state, "failure", None)
        return failure if isinstance(failure, CitewellError) else None

    def run(self) -> None:
        """Serves until told to stop.

        Raises:
            CitewellError: the service could not start.
        """
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self._is_news)
        try:
            with suppress(SystemExit):  # uvicorn's way to say that start-up failed; the reason follows
                self._server.run(sockets=[self._listener])
        finally:
            log.removeFilter(self._is_news)  # it would hold all that the service held
        if self._failure:
            raise self._failure
        if not self._server.started:
            raise ConfigurationError("The service could not start. The log above says why.")

    def stop(self) -> None:
        """Asks the server to end."""
        self._server.should_exit = True


@contextmanager
def serving(settings: Settings, listener: socket.socket, *, with_worker: bool = True) -> Iterator[None]:
    """Serves from a thread of this process for as long as the block runs.

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
