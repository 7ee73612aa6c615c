"""Uploads files and follows their jobs."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from api.commands.shared.client import Client, JsonObject, ServiceError
from api.commands.shared.files import NO_DOCUMENT, UNSUPPORTED, NamedFile, Skipped
from ingest.parsing.completeness import tells_of_loss
from rag.catalog.database.records import JobState
from rag.errors import UnsupportedTypeError, WrongFieldError
from rag.fields.from_files import LARGEST_BYTES, read_sidecar
from rag.fields.values import Description
from rag.terminal.output import progress_bars

_POLL_SECONDS = 0.1
_MOST_LISTED = 5
INCOMPLETE = "incomplete"
"""The code of a document that ``--strict`` counts as failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadResult:
    """The result for a file: ``chunks`` passages can be searched, or ``error`` or ``note`` says why not.

    ``warnings`` say how the file was read, and what of it was not. ``skipped`` is True for a file of an unsupported
    type in a named folder, which is no failure.
    """

    path: str
    name: str
    document_id: str | None
    chunks: int
    code: str | None
    error: str | None
    note: str | None = None
    skipped: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Returns whether the file is meant as a document and cannot be searched, with ``--strict`` all of it."""
        return self.error is not None and not self.skipped

    @property
    def was_cancelled(self) -> bool:
        """Returns whether the job was cancelled or its document deleted before it ended."""
        return self.code in {"cancelled", "deleted"}


def upload_files(
    client: Client, files: Sequence[NamedFile], collection: str, *, show_progress: bool
) -> list[UploadResult]:
    """Uploads every file and waits for its job. A refused file does not stop the others."""
    if not files:
        return []
    with progress_bars(shown=show_progress) as report:
        results: list[UploadResult] = []
        waiting: list[tuple[NamedFile, str]] = []
        for done, file in enumerate(files, start=1):
            try:
                upload = client.upload(file.path, name=file.name, collection=collection, said=said_in(file))
                waiting.append((file, upload["job"]["id"]))
            except ServiceError as error:
                results.append(_result(file, code=error.problem.get("code", "http_error"), error=str(error)))
            except WrongFieldError as error:
                results.append(_result(file, code=error.code, error=str(error)))
            report("Uploading", done, len(files))
        for file, job_id in waiting:
            report("Reading", len(results), len(files))
            results.append(_wait(client, file, job_id))
        report("Reading", len(results), len(files))
    return results


def description_of(file: NamedFile) -> Description | None:
    """Returns what the sidecar file says; None without one.

    Raises:
        WrongFieldError: it cannot be read.
    """
    if file.sidecar is None:
        return None
    if file.sidecar.stat().st_size > 4 * LARGEST_BYTES:
        raise WrongFieldError(file.sidecar.name, f"must have {LARGEST_BYTES:,} characters at most")
    return read_sidecar(file.sidecar.read_text("utf-8", errors="replace"), file.sidecar.name)


def fields_as_json(said: Description) -> dict[str, JsonObject]:
    """Returns fields as the service takes them, each with its type."""
    return {
        field.name: {
            "type": field.type.value,
            "value": field.value if isinstance(field.value, float) else field.text,
        }
        for field in said.fields
    }


def said_in(file: NamedFile) -> dict[str, str]:
    """Returns the fields of an upload's form that hold what the sidecar file says.

    Raises:
        WrongFieldError: it cannot be read.
    """
    said = description_of(file)
    return {} if said is None else {"tags": json.dumps(said.tags), "fields": json.dumps(fields_as_json(said))}


def superseded_words(job: JsonObject) -> str | None:
    """Returns that a job changed nothing, or None where it did."""
    if not job["superseded"]:
        return None
    return f"changed nothing: version {job['active_version_number']} was asked for later, and answers"


def failure_words(job: JsonObject) -> str | None:
    """Returns why a job did not succeed, and which version stays in use after a failure; None without an error."""
    if not job["error"]:
        return None
    detail: str = job["error"]["detail"]
    in_use = job["active_version_number"]
    has_ended = JobState(job["state"]).is_final
    return f"{detail} Version {in_use} stays in use." if has_ended and in_use is not None else detail


def _wait(client: Client, file: NamedFile, job_id: str) -> UploadResult:
    while True:
        job = client.request("GET", f"/v1/jobs/{job_id}")
        if JobState(job["state"]).is_final:
            return _result(
                file,
                document_id=job["document_id"],
                chunks=job["chunks_done"] if job["state"] == JobState.SUCCEEDED else 0,
                code=job["error"]["code"] if job["error"] else None,
                error=failure_words(job),
                note=superseded_words(job),
                warnings=tuple(job["warnings"]),
            )
        time.sleep(_POLL_SECONDS)


def _result(
    file: NamedFile,
    *,
    code: str | None,
    error: str | None,
    document_id: str | None = None,
    chunks: int = 0,
    note: str | None = None,
    warnings: tuple[str, ...] = (),
) -> UploadResult:
    return UploadResult(
        path=str(file.path),
        name=file.name,
        document_id=document_id,
        chunks=chunks,
        code=code,
        error=error,
        note=note,
        skipped=file.in_folder and code == UnsupportedTypeError.code,
        warnings=warnings,
    )


def refused_if_incomplete(result: UploadResult) -> UploadResult:
    """Returns the result as a failure if something in the file was not read. The document stays as it is."""
    losses = [warning for warning in result.warnings if tells_of_loss(warning)]
    if not losses or result.error is not None:
        return result
    return replace(result, code=INCOMPLETE, error=f"It was taken in, but not all of it: {'; '.join(losses)}.")


def skipped_words(skipped: Sequence[Skipped]) -> str:
    """Returns one line: how many files were left out, and the types that are not read; empty for none."""
    if not skipped:
        return ""
    unreadable = [entry.name for entry in skipped if entry.reason == UNSUPPORTED]
    listed = ", ".join(unreadable)
    if len(unreadable) > _MOST_LISTED:
        types = Counter(Path(name).suffix.lower() or "without an ending" for name in unreadable)
        listed = ", ".join(f"{kind} {count}" for kind, count in types.most_common(_MOST_LISTED))
    others = len(skipped) - len(unreadable)
    parts = [f"{len(unreadable)} of an {UNSUPPORTED} ({listed})"] if unreadable else []
    parts += [f"{others} {NO_DOCUMENT}"] if others else []
    return f"Skipped: {'; '.join(parts)}."


def skipped_of(results: Sequence[UploadResult]) -> list[Skipped]:
    """Returns the files below named folders that the service refused because of their type."""
    return [
        Skipped(path=Path(result.path), name=result.name, reason=UNSUPPORTED) for result in results if result.skipped
    ]
