"""The ``citewell`` command. Uploads, questions and searches go through the service's own API."""

from __future__ import annotations

import os
import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.errors import CitewellError, ConfigurationError
from rag.terminal.exit_status import ExitStatus, exit_status_lines
from rag.terminal.lazy_group import LazyCommand, LazyGroup, plain_app
from rag.terminal.output import fail, print_json

_NOT_UTF8 = "The text holds bytes that are not UTF-8. Check the terminal's encoding."
_UNBOUNDED = 10_000  # characters, more than any paragraph has
_COMMANDS = {
    "serve": LazyCommand("api.commands.serve:serve", "Start the service: API, page and ingestion in one process."),
    "worker": LazyCommand("api.commands.serve:worker", "Take documents in without an API, beside other processes."),
    "ingest": LazyCommand("api.commands.ingest:ingest", "Take documents in, and wait until they can be searched."),
    "sync": LazyCommand("api.commands.sync:sync", "Make a collection equal to a folder."),
    "ask": LazyCommand("api.commands.ask:ask", "Ask, and read the answer with its sources."),
    "search": LazyCommand("api.commands.ask:search", "Show the passages found, with their ranks."),
    "documents": LazyCommand("api.commands.documents:documents", "List the documents, those changed last first."),
    "jobs": LazyCommand("api.commands.jobs:jobs", "Show the jobs, the newest first."),
    "delete": LazyCommand("api.commands.delete:delete", "Delete a document or a collection."),
    "receipt": LazyCommand("api.commands.delete:receipt", "Show what a delete has removed from where, and when."),
    "audit-index": LazyCommand("api.commands.maintenance:audit_index", "Compare catalogue, index and files."),
    "reindex": LazyCommand("api.commands.reindex:reindex", "Build the index again from the stored documents."),
    "backup": LazyCommand("api.commands.maintenance:backup", "Write all that the service has into one file."),
    "restore": LazyCommand("api.commands.maintenance:restore", "Fill an empty data folder from a backup."),
    "adopt": LazyCommand("api.commands.maintenance:adopt", "Build a lost catalogue again from the data folder."),
    "models": LazyCommand("api.commands.models:app", "List the models, fetch one, or connect one that writes answers."),
    "prepare": LazyCommand(
        "api.commands.models:prepare", "Prepare the models of the settings, before the first start."
    ),
    "model-server": LazyCommand("api.commands.model_server:model_server", "Start a local model server (vLLM)."),
    "doctor": LazyCommand("api.commands.doctor:doctor", "Show what is installed, in use, and degraded."),
    "config": LazyCommand("api.commands.config:app", "Show the settings, or write a file with all of them."),
    "users": LazyCommand("api.commands.people.users:app", "Show and change who may log in."),
    "groups": LazyCommand("api.commands.people.users:groups_app", "Show and change groups of users."),
    "keys": LazyCommand("api.commands.people.keys:app", "Make, list, replace and revoke API keys."),
    "tenants": LazyCommand("api.commands.people.tenants:app", "Show and add tenants, and bound their use."),
    "access": LazyCommand(
        "api.commands.access.rights:app", "Show, give and take the rights of collections and documents."
    ),
    "audit": LazyCommand("api.commands.trail.audit:app", "Show who did what, verify it, export it, forget a person."),
    "usage": LazyCommand("api.commands.usage:usage", "Show tokens and cost of answers."),
}
# Of entry points of this distribution: to read them from the modules would import them.
_SUMMARIES = {"eval": "Measure quality.", "train": "Train models on your documents."}


class _Citewell(LazyGroup):
    """The commands above, and those that installed packages add as entry points ``citewell.commands``."""

    lazy_commands = _COMMANDS | {
        entry.name: LazyCommand(entry.value, _SUMMARIES.get(entry.name, f"From {entry.value.partition(':')[0]}."))
        for entry in sorted(entry_points(group="citewell.commands"))
    }


app = plain_app("Answers questions from your documents; every sentence is one click from its source.", _Citewell)


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it
    if value:
        typer.echo(f"citewell {version('citewell')}")
        raise typer.Exit


@app.callback(epilog=exit_status_lines())
def _options(
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="CITEWELL_CONFIG", help="A citewell.toml with settings.", exists=True, dir_okay=False, readable=True
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    if config is not None:
        os.environ["CITEWELL_CONFIG"] = str(config.absolute())  # load_settings reads it, and child processes


def main() -> None:
    """Runs the command; an expected error is one message, not a traceback."""
    context: dict[str, Any] = {"color": False} if os.environ.get("NO_COLOR") else {}
    if not sys.stdout.isatty():
        context["terminal_width"] = context["max_content_width"] = _UNBOUNDED  # nothing is wrapped
    try:
        app(prog_name="citewell", **context)
    except (CitewellError, UnicodeEncodeError) as error:
        _report(error if isinstance(error, CitewellError) else ConfigurationError(_NOT_UTF8))
        raise SystemExit(ExitStatus.FAILED) from None


def _report(error: CitewellError) -> None:
    if "--json" in sys.argv:
        print_json(getattr(error, "problem", None) or {"code": error.code, "detail": str(error)})
    else:
        fail(str(error))
