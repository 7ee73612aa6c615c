"""What the terminal shows when the service is up."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
from rich.console import Console

from api.commands.shared.client import Client
from api.commands.shared.files import find_files
from api.commands.shared.uploads import take_in
from ingest.service import Service
from rag.errors import CitewellError
from rag.settings import Settings

_QUESTION = "How many days of annual leave do I get?"


def print_banner(service: Service, url: str, paths: Sequence[Path]) -> None:
    """Takes ``paths`` in through the service's own API, in a thread, and then says what to try next."""
    service.storage.lock.announce(url)
    threading.Thread(target=_welcome, args=(service.settings, url, paths), name="welcome", daemon=True).start()


def _welcome(settings: Settings, url: str, paths: Sequence[Path]) -> None:
    console = Console(stderr=True)
    try:
        with httpx.Client(base_url=url, timeout=60) as http:
            client = Client(http)
            if paths:
                outcomes = take_in(client, find_files(paths).files, "default", show_progress=True)
                for outcome in outcomes:
                    if outcome.has_failed:
                        console.print(f"[yellow]{outcome.path}: {outcome.error}[/]")
            documents = sum(collection["documents"] for collection in client.listed("/v1/collections"))
    except CitewellError as error:
        console.print(f"[bold red]Error:[/] {error}")
        return
    body = shlex.quote(f'{{"question": "{_QUESTION}"}}')
    console.print(
        f"\n[bold]Citewell is ready.[/] {documents} documents in {settings.storage.folder}\n\n"
        f"  Page      {url}/\n"
        f"  API       {url}/openapi.json\n"
        f"  Ask       curl -s {url}/v1/ask -H 'content-type: application/json' -d {body}\n"
        f"  Upload    curl -s {url}/v1/documents -F file=@README.md\n"
        f"  Stop      Ctrl-C\n",
        highlight=False,
        soft_wrap=True,
    )
