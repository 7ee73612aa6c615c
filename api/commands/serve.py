"""``citewell serve`` and ``citewell worker``: what runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from api.commands.shared.banner import print_banner
from api.monitoring.factory import build_tracing
from api.monitoring.logs import log_to_terminal
from api.server import Server, bind
from ingest.service import Service, open_service
from rag.settings import Settings, load_settings

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_SWITCH_SECONDS = 0.0005
"""A tenth of Python's own: the event loop waits so long for each thread that works before it."""


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
    sys.setswitchinterval(_SWITCH_SECONDS)
    with bind(settings.server) as listener:
        port = listener.getsockname()[1]
        url = f"http://{settings.server.host}:{port}"
        server = Server(
            settings,
            listener,
            on_ready=lambda service: _ready(service, url, ingest or []),
            with_worker=not no_worker,
        )
        server.run()


def _ready(service: Service, url: str, paths: Sequence[Path]) -> None:
    gc.collect()
    gc.freeze()  # what is loaded stays: to look through it again and again would hold all requests up
    print_banner(service, url, paths)


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
        service = await stack.enter_async_context(open_service(settings, observers=[tracing] if tracing else []))
        _LOG.info("working; documents are kept in %s", settings.storage.folder)
        while not (stop.is_set() or service.has_stopped_working):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await stop.wait()
        _LOG.info("stopping; the job in hand is given back")
