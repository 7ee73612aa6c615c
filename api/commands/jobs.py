"""``citewell jobs``: what is being taken in, and what was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Json, Url, print_json
from api.commands.shared.uploads import failure_words, superseded_words
from rag.catalog.database.records import JobState
from rag.settings import load_settings


def jobs(
    state: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    collection: Annotated[str | None, typer.Option(help="Only jobs of this collection.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = 50,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show the jobs, the newest first: how far each is, how long it still takes, or why it failed."""
    asked = {"state": state, "collection": collection, "limit": limit}
    with connect(load_settings(), url) as client:
        found = client.request("GET", "/v1/jobs", params={name: value for name, value in asked.items() if value})
    if as_json:
        print_json(found["jobs"])
    else:
        _print(found["jobs"])


def _print(found: Sequence[JsonObject]) -> None:
    table = Table()
    for heading, ratio in (("Document", 3), ("State", 2), ("Remark", 5)):
        table.add_column(heading, overflow="fold", ratio=ratio)
    table.add_column("Job", no_wrap=True)
    for job in found:
        table.add_row(escape(job["name"]), _state(job), escape(_remark(job)), job["id"])
    Console().print(table)


def _state(job: JsonObject) -> str:
    match JobState(job["state"]):
        case JobState.QUEUED:
            before = job["position"] - 1
            return f"queued, {before} before it" if before else "queued, next"
        case JobState.RUNNING:
            return f"running, {job['stage']} {job['progress']:.0%}"
        case ended:
            return ended


def _remark(job: JsonObject) -> str:
    if job["state"] == JobState.RUNNING and job["cancel_requested"]:
        return "is being cancelled"
    if job["remaining_seconds"] is not None:
        return f"{timedelta(seconds=round(job['remaining_seconds']))} left"
    return failure_words(job) or superseded_words(job) or ""
