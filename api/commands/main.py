"""The ``citewell`` command. Whatever uploads, asks or searches speaks the service's own API."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer
from rich.console import Console
from rich.markup import escape

from api.commands.ask import ask, search
from api.commands.config import app as config
from api.commands.delete import delete, receipt
from api.commands.documents import documents
from api.commands.ingest import ingest
from api.commands.jobs import jobs
from api.commands.maintenance import adopt, audit_index, backup, restore
from api.commands.model_server import model_server
from api.commands.reindex import reindex
from api.commands.serve import serve, worker
from api.commands.setup import doctor, prepare
from api.commands.shared.client import ServiceError
from api.commands.shared.options import print_json
from api.commands.sync import sync
from api.commands.usage import usage
from rag.errors import CitewellError, ConfigurationError

_NOT_UTF8 = "The text holds bytes that are not UTF-8. Check the terminal's encoding."

app = typer.Typer(
    name="citewell",
    help="Answers questions from your documents; every sentence is one click from the words that support it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_COMMANDS = (
    *(serve, worker, ingest, sync, ask, search, documents, jobs, delete, receipt),
    *(audit_index, reindex, backup, restore, adopt, prepare, model_server, doctor, usage),
)
for command in _COMMANDS:
    app.command()(command)
app.add_typer(config, name="config")
_NAMES = {"config"} | {command.__name__.replace("_", "-") for command in _COMMANDS}


def main() -> None:
    """Runs the command; an expected error is one message, not a traceback."""
    if not _NAMES & set(sys.argv[1:2]):  # else the service would start a second later
        for entry in entry_points(group="citewell.commands"):
            app.add_typer(entry.load(), name=entry.name)
    try:
        app(standalone_mode=True)
    except (CitewellError, UnicodeEncodeError) as caught:
        error = caught if isinstance(caught, CitewellError) else ConfigurationError(_NOT_UTF8)
        if "--json" in sys.argv:
            problem = error.problem if isinstance(error, ServiceError) else {"code": error.code, "detail": str(error)}
            print_json(problem)
        else:
            Console(stderr=True).print(f"[bold red]Error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from None
