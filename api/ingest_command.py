"""``citewell ingest``: uploads files and follows their jobs."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.client import Client, ServiceError
from rag.errors import ConfigurationError

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file: ``chunks`` passages can be searched, or ``error`` says why none."""

    path: str
    document_id: str | None
    chunks: int
    code: str | None
    error: str | None


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Returns the files named, and those below the folders named, sorted; hidden ones are left out.

    Raises:
        ConfigurationError: a path does not exist, or there is no file at all.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = (file for file in path.rglob("*") if file.is_file())
            files += sorted(file for file in below if not _hidden(file.relative_to(path)))
        elif path.exists():
            files.append(path)
        else:
            raise ConfigurationError(f"There is no file or folder {path}. Check the path.")
    if not files:
        raise ConfigurationError("There are no files to take in. Name files, or folders that hold some.")
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def ingest_files(client: Client, files: Sequence[Path], collection: str, *, show_progress: bool) -> list[Outcome]:
    """Uploads every file and waits for its job. One that is refused does not stop the others."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not show_progress,
    )
    with progress:
        uploading = progress.add_task("Uploading", total=len(files))
        reading = progress.add_task("Reading", total=len(files))
        outcomes: list[Outcome] = []
        waiting: list[tuple[Path, str]] = []
        for path in files:
            try:
                waiting.append((path, client.upload(path, collection)["job"]["id"]))
            except ServiceError as error:
                code = error.problem.get("code", "http_error")
                outcomes.append(Outcome(path=str(path), document_id=None, chunks=0, code=code, error=str(error)))
                progress.advance(reading)
            progress.advance(uploading)
        for path, job_id in waiting:
            outcomes.append(_wait(client, path, job_id))
            progress.advance(reading)
    return outcomes


def _wait(client: Client, path: Path, job_id: str) -> Outcome:
    while True:
        job = client.request("GET", f"/v1/jobs/{job_id}")
        if job["state"] in {"succeeded", "failed"}:
            error = job["error"] or {}
            return Outcome(
                path=str(path),
                document_id=job["document_id"],
                chunks=job["chunks_done"],
                code=error.get("code"),
                error=error.get("detail"),
            )
        time.sleep(_POLL_SECONDS)


def print_outcomes(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Prints how many were taken in, and a table of those that were not, with the reason."""
    if as_json:
        typer.echo(json.dumps([asdict(outcome) for outcome in outcomes], ensure_ascii=False, indent=2))
        return
    console = Console()
    refused = [outcome for outcome in outcomes if outcome.error]
    chunks = sum(outcome.chunks for outcome in outcomes)
    console.print(f"{len(outcomes) - len(refused)} of {len(outcomes)} documents can be searched ({chunks} passages).")
    if refused:
        table = Table(title="Not taken in", title_justify="left", show_lines=True)
        table.add_column("File", overflow="fold", ratio=1)
        table.add_column("Reason", ratio=2)
        for outcome in refused:
            table.add_row(escape(outcome.path), escape(outcome.error or ""))
        console.print(table)
