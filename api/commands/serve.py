"""``citewell serve`` and ``citewell worker``: what runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from api.banner import print_banner
from api.monitoring.factory import build_tracing
from api.monitoring.logs import log_to_terminal
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
    settings = load_settings()
    log_to_terminal(settings.monitoring.log_format)
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
    settings = load_settings()
    log_to_terminal(settings.monitoring.log_format)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tracing = build_tracing(settings.tracing)
    async with AsyncExitStack() as stack:
        if tracing:
            stack.push_async_callback(asyncio.to_thread, tracing.close)
        service = await stack.enter_async_context(running_service(settings, observers=[tracing] if tracing else []))
        _LOG.info("working; documents are kept in %s", settings.storage.folder)
        while not (stop.is_set() or service.has_stopped_working):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await stop.wait()
        _LOG.info("stopping; the job in hand is given back")
