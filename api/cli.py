"""The ``citewell`` command. Whatever uploads, asks or searches speaks the service's own API."""

from __future__ import annotations

import json
import logging
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.ask_command import print_answer, print_hits
from api.banner import print_banner
from api.client import ServiceError, connect
from api.doctor import examine, print_findings
from api.ingest_command import find_files, ingest_files, print_outcomes
from api.server import Server, bind
from rag.errors import CitewellError
from rag.settings import load_settings

app = typer.Typer(
    name="citewell",
    help="Answers questions from your documents; every sentence is one click from the words that support it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Url = Annotated[
    str | None,
    typer.Option(envvar="CITEWELL_URL", help="A running service; else the one that owns the data folder, or none."),
]
Collection = Annotated[str, typer.Option(help="The collection.")]


@app.command()
def serve(
    ingest: Annotated[list[Path] | None, typer.Option(help="Files or folders to take in once it runs.")] = None,
) -> None:
    """Start the service: API, page and ingestion in one process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = load_settings()
    with bind(settings.server) as listener:
        port = listener.getsockname()[1]
        url = f"http://{settings.server.host}:{port}"
        server = Server(settings, listener, on_ready=lambda service: print_banner(service, url, ingest or []))
        server.run()


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    collection: Collection = "default",
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Take documents in, and wait until each can be searched or is refused with its reason."""
    settings = load_settings()
    files = find_files(paths)
    with connect(settings, url) as client:
        outcomes = ingest_files(client, files, collection, show_progress=not as_json)
    print_outcomes(outcomes, as_json=as_json)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    collection: Collection = "default",
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Ask, and read the answer with its sources."""
    with connect(load_settings(), url) as client:
        body = {"question": question, "collection": collection}
        if as_json:
            _print_json(client.request("POST", "/v1/ask", json=body))
        else:
            print_answer(client.ask(body))


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for.")],
    collection: Collection = "default",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 8,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show the passages found, with the rank each side gave them."""
    with connect(load_settings(), url) as client:
        body = {"query": query, "collection": collection, "limit": limit}
        found = client.request("POST", "/v1/search", json=body)
    if as_json:
        _print_json(found)
    else:
        print_hits(found)


@app.command()
def prepare(*, as_json: Json = False) -> None:
    """Prepare the models once; 'serve' does it too where it was not done."""
    from rag.factory import build_encoder  # noqa: PLC0415 - models are not needed to print a help page

    settings = load_settings()
    encoder = build_encoder(settings.encoder, settings.models)
    if as_json:
        _print_json({"encoder": encoder.name, "folder": str(settings.models.cache_folder)})
    else:
        typer.echo(f"The encoder {encoder.name} is ready in {settings.models.cache_folder}.")


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Show what is installed, which models and backends are in use, and what is degraded."""
    findings = examine(load_settings())
    print_findings(findings, as_json=as_json)
    if any(finding.broken for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Runs the command; an expected error is one message, not a traceback."""
    for entry in entry_points(group="citewell.commands"):
        app.add_typer(entry.load(), name=entry.name)
    try:
        app(standalone_mode=True)
    except CitewellError as error:
        if "--json" in sys.argv:
            problem = error.problem if isinstance(error, ServiceError) else {"code": error.code, "detail": str(error)}
            _print_json(problem)
        else:
            Console(stderr=True).print(f"[bold red]Error:[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
