"""Uploads files and follows their jobs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.commands.shared.client import Client, JsonObject, ServiceError
from api.commands.shared.files import NO_DOCUMENT, UNSUPPORTED, NamedFile, Skipped
from api.commands.shared.options import progress_bars
from rag.catalog.database.records import JobState
from rag.errors import UnsupportedTypeError

_POLL_SECONDS = 0.1
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result for a file: ``chunks`` passages can be searched, or ``error`` or ``note`` says why not.

    ``skipped``: it lies in a folder that was named, and is of a type that cannot be read; no failure.
    """

    path: str
    name: str
    document_id: str | None
    chunks: int
    code: str | None
    error: str | None
    note: str | None = None
    skipped: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether someone meant it as a document, and it is none that can be searched."""
        return self.error is not None and not self.skipped

    @property
    def was_cancelled(self) -> bool:
        """Whether someone cancelled it, or deleted its document meanwhile."""
        return self.code in {"cancelled", "deleted"}


def take_in(client: Client, files: Sequence[NamedFile], collection: str, *, show_progress: bool) -> list[Outcome]:
    """Uploads every file and waits for its job. One that is refused does not stop the others."""
    if not files:
        return []
    with progress_bars(shown=show_progress) as progress:
        uploading = progress.add_task("Uploading", total=len(files))
        reading = progress.add_task("Reading", total=len(files))
        outcomes: list[Outcome] = []
        waiting: list[tuple[NamedFile, str]] = []
        for file in files:
            try:
                upload = client.upload(file.path, name=file.name, collection=collection)
                waiting.append((file, upload["job"]["id"]))
            except ServiceError as error:
                outcomes.append(_outcome(file, code=error.problem.get("code", "http_error"), error=str(error)))
                progress.advance(reading)
            progress.advance(uploading)
        for file, job_id in waiting:
            outcomes.append(_wait(client, file, job_id))
            progress.advance(reading)
    return outcomes


def superseded_words(job: JsonObject) -> str | None:
    """Says that a job which succeeded changed nothing, where that is so."""
    if not job["superseded"]:
        return None
    return f"changed nothing: version {job['active_version_number']} was asked for later, and answers"


def failure_words(job: JsonObject) -> str | None:
    """Says why a job did not succeed, or not yet, and which version of its document a failure leaves in use."""
    if not job["error"]:
        return None
    detail: str = job["error"]["detail"]
    in_use = job["active_version_number"]
    has_ended = JobState(job["state"]).is_final
    return f"{detail} Version {in_use} stays in use." if has_ended and in_use is not None else detail


def _wait(client: Client, file: NamedFile, job_id: str) -> Outcome:
    while True:
        job = client.request("GET", f"/v1/jobs/{job_id}")
        if JobState(job["state"]).is_final:
            return _outcome(
                file,
                document_id=job["document_id"],
                chunks=job["chunks_done"] if job["state"] == JobState.SUCCEEDED else 0,
                code=job["error"]["code"] if job["error"] else None,
                error=failure_words(job),
                note=superseded_words(job),
            )
        time.sleep(_POLL_SECONDS)


def _outcome(
    file: NamedFile,
    *,
    code: str | None,
    error: str | None,
    document_id: str | None = None,
    chunks: int = 0,
    note: str | None = None,
) -> Outcome:
    return Outcome(
        path=str(file.path),
        name=file.name,
        document_id=document_id,
        chunks=chunks,
        code=code,
        error=error,
        note=note,
        skipped=file.in_folder and code == UnsupportedTypeError.code,
    )


def skipped_words(skipped: Sequence[Skipped]) -> str:
    """Says in one line how much of a folder was left out, and which files of other types; empty where nothing was."""
    if not skipped:
        return ""
    unreadable = [entry.name for entry in skipped if entry.reason == UNSUPPORTED]
    listed = ", ".join(unreadable[:_MOST_LISTED]) + (", …" if len(unreadable) > _MOST_LISTED else "")
    others = len(skipped) - len(unreadable)
    parts = [f"{len(unreadable)} of an {UNSUPPORTED} ({listed})"] if unreadable else []
    parts += [f"{others} {NO_DOCUMENT}"] if others else []
    return f"Skipped: {'; '.join(parts)}."


def skipped_of(outcomes: Sequence[Outcome]) -> list[Skipped]:
    """Returns the files in named folders that the service could not read; they were not named themselves."""
    return [
        Skipped(path=Path(outcome.path), name=outcome.name, reason=UNSUPPORTED)
        for outcome in outcomes
        if outcome.skipped
    ]
