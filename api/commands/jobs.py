"""``citewell jobs``: lists jobs with their progress and failures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Url
from api.commands.shared.uploads import failure_words, superseded_words
from rag.catalog.database.records import JobState
from rag.settings import load_settings
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table


def jobs(
    state: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    collection: Annotated[str | None, typer.Option(help="Only jobs of this collection.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="The most jobs to show.")] = 50,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show the jobs, the newest first.

    Each with its progress and the time that is left, or the reason why it failed.
    """
    asked = {"state": state, "collection": collection, "limit": limit}
    with connect(load_settings(), url, reads_only=True) as client:
        found = client.request("GET", "/v1/jobs", params={name: value for name, value in asked.items() if value})
    if as_json:
        print_json(found["jobs"])
    else:
        _print(found["jobs"])


def _print(found: Sequence[JsonObject]) -> None:
    rows = [(job["name"], _state(job), _remark(job), job["id"]) for job in found]
    print_table(("Document", "State", "Remark", "Job"), rows, whole=("Job",))


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
