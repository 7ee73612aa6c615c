"""Documents and jobs of the scripted server; a job advances one stage at each request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CREATED = "2026-11-22T09:00:00Z"
STEPS = (("queued", "parsing"), ("running", "parsing"), ("running", "indexing"), ("succeeded", "done"))

JsonObject = dict[str, Any]


def document_json(document_id: str, name: str, collection: str, **changes: object) -> JsonObject:
    """Returns a Document of the API, processing unless ``changes`` set another state."""
    plain: JsonObject = {
        "title": name,
        "media_type": "text/plain",
        "size_bytes": 1,
        "state": "processing",
        "error": None,
    }
    counts: JsonObject = {"version_id": f"{document_id}-v1", "page_count": None, "chunk_count": 0}
    times = {"created_at": CREATED, "updated_at": CREATED}
    return {"id": document_id, "name": name, "collection": collection} | plain | counts | times | changes


def advance_job(job: JsonObject, documents: dict[str, JsonObject]) -> None:
    """Advances a job. A name with "broken" fails, one with "slow" waits to be cancelled."""
    document = documents[job["document_id"]]
    has_active = document["version_id"] != job["version_id"]
    if job.get("cancel_requested"):
        job |= {"state": "cancelled", "error": {"code": "cancelled", "detail": "The job was cancelled."}}
        if has_active:
            document |= {"state": "ready"}
        else:
            del documents[document["id"]]
        return
    if "slow" in document["name"] and job["state"] == "running":
        return
    if job["state"] in {"succeeded", "failed"}:
        return  # several tabs look
    step = STEPS.index((job["state"], job["stage"])) + 1
    state, stage = STEPS[step]
    job |= {"state": state, "stage": stage, "progress": step / (len(STEPS) - 1)}
    job |= {"chunks_total": 8, "chunks_done": 8 * step // (len(STEPS) - 1)}
    if "broken" in document["name"] and stage == "parsing":
        detail = f"'{document['name']}' cannot be read: it ends too early. Save it anew and upload that."
        job |= {"state": "failed", "error": {"code": "corrupt_document", "detail": detail}}
        document |= {"state": "ready" if has_active else "failed", "error": job["error"]}
    elif stage == "done":
        document |= {"state": "ready", "chunk_count": 8, "version_id": job["version_id"]}


def versions_of(document: JsonObject, jobs: Sequence[JsonObject]) -> list[JsonObject]:
    """Returns the newer failed version, if any, and the active one."""
    plain = {"document_id": document["id"], "created_at": document["created_at"], "error": None}
    active = plain | {"id": document["version_id"], "number": 1, "state": "ready", "is_active": True}
    failed = [
        plain | {"id": job["version_id"], "number": 2, "state": "failed", "is_active": False, "error": job["error"]}
        for job in jobs
        if job["state"] == "failed"
    ]
    return [*failed, active]
