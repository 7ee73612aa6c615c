"""``citewell serve`` and ``citewell worker``: what runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer

from api.banner import print_banner
from api.server import Server, bind
from ingest.service import running_service
from rag.settings import Settings, load_settings

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0


def serve(
    ingest: Annotated[list[Path] | None, typer.Option(help="Files or folders to take in once it runs.")] = None,
    *,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Only API and page: 'citewell worker' takes documents in.")
    ] = False,
) -> None:
    """Start the service: API, page and ingestion in one process."""
    _log_to_terminal()
    settings = load_settings()
    with bind(settings.server) as listener:
        port = listener.getsockname()[1]
        url = f"http://{settings.server.host}:{port}"
        server = Server(
            settings,
            listener,
            on_ready=lambda service: print_banner(service, url, ingest or []),
            with_worker=not no_worker,
        )
        server.run()


def worker() -> None:
    """Take documents in without an API: any number of these beside a Qdrant server and PostgreSQL."""
    _log_to_terminal()
    asyncio.run(_work(load_settings()))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_service(settings) as service:
        _LOG.info("working; documents are kept in %s", settings.storage.folder)
        while not (stop.is_set() or service.has_stopped_working):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await stop.wait()
        _LOG.info("stopping; the job in hand is given back")


def _log_to_terminal() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("alembic", "httpx", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
