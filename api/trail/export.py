"""Events of the audit trail as lines of JSON: as they are listed, or in the Open Cybersecurity Schema Framework."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from api.trail.schemas import TrailEvent
from rag.catalog.trail.chain import EventOutcome, TrailRow

SCHEMA_VERSION = "1.8.0"
"""The version of OCSF (https://schema.ocsf.io) that ``ocsf_event`` follows."""
_CATEGORY, _CLASS = 6, 6003  # Application Activity, API Activity
_INFORMATIONAL, _LOW = 1, 2
_SUCCESS, _FAILURE = 1, 2
_CREATE, _READ, _UPDATE, _DELETE, _OTHER = 1, 2, 3, 4, 99
_ACTIVITIES = {_CREATE: "Create", _READ: "Read", _UPDATE: "Update", _DELETE: "Delete", _OTHER: "Other"}
_BY_VERB = {
    _CREATE: ("added", "created", "uploaded", "stored", "drafted", "given", "started", "invited", "build_started"),
    _READ: ("read", "downloaded", "proved", "exported", "backed_up", "searched", "asked", "verified", "audited"),
    _UPDATE: ("changed", "activated", "renamed", "switched", "shared", "unshared", "rotated", "granted"),
    _DELETE: ("deleted", "removed", "dismissed", "cancelled", "discarded", "revoked", "erased", "pruned"),
}
_ACTIVITY_OF = {verb: activity for activity, verbs in _BY_VERB.items() for verb in verbs}


class TrailForm(StrEnum):
    """The form of exported events."""

    JSONL = "jsonl"
    OCSF = "ocsf"


def json_lines(rows: Iterator[TrailRow], form: TrailForm) -> Iterator[str]:
    """Yields each event as a line. All but ASCII is escaped, so that no text can begin a line of its own."""
    for row in rows:
        body = ocsf_event(row) if form is TrailForm.OCSF else TrailEvent.of(row).model_dump(mode="json")
        yield f"{json.dumps(body)}\n"


def ocsf_event(row: TrailRow) -> dict[str, Any]:
    """Returns an event of the class API Activity."""
    verb = row.event.rpartition(".")[2]
    activity = _ACTIVITY_OF.get(verb, _ACTIVITY_OF.get(verb.rpartition("_")[2], _OTHER))
    done = row.outcome is EventOutcome.DONE
    return {
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity] if activity != _OTHER else verb,
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "type_uid": _CLASS * 100 + activity,
        "time": round(row.at.timestamp() * 1_000),
        "severity_id": _LOW if row.outcome is EventOutcome.REFUSED else _INFORMATIONAL,
        "status_id": _SUCCESS if done else _FAILURE,
        "status": "Success" if done else "Failure",
        "status_code": str(row.details.get("status", "")),
        "status_detail": row.outcome,
        "metadata": {
            "version": SCHEMA_VERSION,
            "product": {"name": "Citewell", "vendor_name": "Citewell", "version": version("citewell")},
            "uid": str(row.number),
            "event_code": row.event,
            "tenant_uid": row.tenant,
        },
        "actor": _actor(row),
        "api": {"operation": str(row.details.get("operation") or row.event)},
        "src_endpoint": _endpoint(row.text.get("address", "")),
        "resources": [_resource(target) for target in row.target.split()],
        "unmapped": {
            "via": row.via,
            "digest": row.digest,
            "erased": row.erased,
            "details": dict(row.details),
            "text": {name: value for name, value in row.text.items() if name not in {"actor", "address"}},
        },
    }


def _actor(row: TrailRow) -> dict[str, Any]:
    named = {"uid": row.actor_id, "name": row.text.get("actor", "")}
    user = {name: value for name, value in named.items() if value}
    return {"user": user} if user else {"app_name": row.via}


def _endpoint(address: str) -> dict[str, str]:
    try:
        return {"ip": str(ipaddress.ip_address(address))}
    except ValueError:
        return {"name": address or "unknown"}


def _resource(target: str) -> dict[str, str]:
    kind, _, identity = target.partition(":")
    return {"type": kind, "uid": identity}
