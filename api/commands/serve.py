"""``citewell serve`` and ``citewell worker``: run until they are told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import logging
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.shared.files import NamedFile, find_files
from rag.errors import CitewellError, ConfigurationError
from rag.settings import Settings, load_settings
from rag.terminal.output import fail, note, warn

if TYPE_CHECKING:
    from ingest.service import Service

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_SWITCH_SECONDS = 0.0005  # a tenth of Python's own: the event loop waits this long for each thread that works before it
_QUESTION = "How many days of annual leave do I get?"


def serve(
    more: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="More paths for --ingest.")] = None,
    ingest: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="A file or folder to take in once the service runs; repeatable."),
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on, instead of server.host.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="The port, instead of server.port; 0 takes a free one.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(file_okay=False, help="The data folder, instead of storage.folder.")
    ] = None,
    *,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Only API and page: 'citewell worker' takes documents in.")
    ] = False,
    allow_open: Annotated[
        bool,
        typer.Option("--allow-open", help="Let other machines in without a login: the same as security.allow_open."),
    ] = False,
) -> None:
    """Start the service: API, page and ingestion in one process.

    'citewell serve --ingest a.pdf b.pdf folder' takes all three in.
    """
    if more and not ingest:
        raise typer.BadParameter(f"'{more[0]}' is of no use here. To take it in, write --ingest {more[0]}.")
    paths = [*(ingest or []), *(more or [])]
    files = find_files(paths).files if paths else []  # a wrong path is an error before anything starts
    chosen = {"server.host": host, "server.port": port, "storage.folder": folder}
    chosen |= {"security.allow_open": "true"} if allow_open else {}
    settings = load_settings({path: str(value) for path, value in chosen.items() if value is not None})
    refuse_open(settings)

    from api.monitoring.logs import log_to_terminal
    from api.server import Server, bind

    log_to_terminal(settings.monitoring.log_format)
    sys.setswitchinterval(_SWITCH_SECONDS)
    with bind(settings.server) as listener:
        url = _own_url(settings.server.host, listener.getsockname()[1])
        if not _is_loopback(settings.server.host):
            names = ", ".join(settings.server.allowed_hosts)
            login = "" if settings.security.logins else ", and it asks for no login"
            warn(
                f"Other machines may reach this service{login}. It answers under the names in "
                f"CITEWELL_SERVER__ALLOWED_HOSTS: {names}"
            )
        server = Server(
            settings,
            listener,
            on_ready=lambda service: _ready(service, url, files),
            with_worker=not no_worker,
        )
        server.run()


def refuse_open(settings: Settings) -> None:
    """Refuses to let other machines in without a login.

    Raises:
        ConfigurationError: says how users log in, and how to go without.
    """
    security, host = settings.security, settings.server.host
    if not (security.logins or security.allow_open or _is_loopback(host)):
        raise ConfigurationError(
            f"At {host} other machines could read, change and delete everything without a login. Set "
            "CITEWELL_SECURITY__LOGINS=true, or listen on 127.0.0.1. Where a proxy in front asks who calls, "
            "--allow-open or CITEWELL_SECURITY__ALLOW_OPEN=true goes without."
        )


def worker() -> None:
    """Take documents in without an API, beside other processes.

    Any number of workers may run beside a Qdrant server and PostgreSQL.
    """
    from api.monitoring.logs import log_to_terminal

    settings = load_settings()
    log_to_terminal(settings.monitoring.log_format)
    asyncio.run(_work(settings))


def _own_url(host: str, port: int) -> str:
    """Returns the address for clients on this machine; a service that listens on all addresses is at the loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ready(service: Service, url: str, files: Sequence[NamedFile]) -> None:
    gc.collect()
    gc.freeze()  # what is loaded stays: to look through it again and again would hold all requests up
    service.storage.lock.announce(url)
    threading.Thread(target=_welcome, args=(service, url, files), name="welcome", daemon=True).start()


def _welcome(service: Service, url: str, files: Sequence[NamedFile]) -> None:
    """Takes the files in through the service's own API, and then says what to try next."""
    import httpx

    from api.caller import default_tenant
    from api.commands.shared.client import Client
    from api.commands.shared.uploads import upload_files
    from rag.catalog.access.people import invitation_path

    settings = service.settings
    own = {"Authorization": f"Bearer {service.own_key}"}
    try:
        with httpx.Client(base_url=url, timeout=60, headers=own) as http:
            client = Client(http)
            for result in upload_files(client, files, "default", show_progress=True):
                if result.has_failed:
                    warn(f"{result.path}: {result.error}")
            documents = sum(collection["documents"] for collection in client.listed("/v1/collections"))
            outdated = client.request("GET", "/v1/maintenance/reparse")["outdated"]
            suggested = client.request("GET", "/v1/maintenance/index")["suggested"]
        token = service.storage.people.first_link(default_tenant(service)) if settings.security.logins else None
    except CitewellError as error:
        fail(str(error))
        return
    body = shlex.quote(f'{{"question": "{_QUESTION}"}}')
    note()
    note(("Citewell is ready.", "bold"), f" {documents} documents in {settings.storage.folder}")
    if outdated:
        note(f"An older parser read {outdated} of them: 'citewell reindex --reparse' reads them again.")
    if suggested:
        note(f"The index has another encoder than the settings: 'citewell reindex' goes over to {suggested['model']}.")
    note()
    note(f"  Page      {url}/")
    note(f"  API       {url}/openapi.json")
    note(f"  Ask       curl -s {url}/v1/ask -H 'content-type: application/json' -d {body}")
    note(f"  Upload    curl -s {url}/v1/documents -F file=@YOUR-FILE.pdf")
    note("  Stop      Ctrl-C")
    if not settings.security.logins:
        note("  Logins    none: a single user may do everything. CITEWELL_SECURITY__LOGINS=true asks who calls")
    elif token is not None:
        address = settings.security.public_url.rstrip("/") or url
        note("  Logins    no user can log in yet. This link makes you the first administrator, once:")
        note(f"            {address}{invitation_path(token)}")
    else:
        note("  Logins    asked for: programs send 'Authorization: Bearer ck_…', a key of 'citewell keys add'")
    note()


async def _work(settings: Settings) -> None:
    from api.monitoring.factory import build_tracing
    from ingest.service import open_service

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
        _LOG.info("stopping; the running task goes back to the queue")
