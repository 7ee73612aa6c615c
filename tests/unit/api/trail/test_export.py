"""Events in OCSF's form, against what version 1.8.0 of the schema asks of the class API Activity (6003)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from api.trail.export import TrailForm, json_lines, ocsf_event
from rag.catalog.trail.chain import EventOutcome, TrailRow

# base_event.json, application/api_activity.json and the objects they name, of the tag v1.8.0 of ocsf/ocsf-schema.
REQUIRED = {
    *("activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"),
    *("actor", "api", "src_endpoint"),
}
OF_METADATA = {"product", "version"}
ONE_OF_ACTOR = {"process", "user", "invoked_by", "session", "app_name", "app_uid"}
ONE_OF_USER = {"account", "name", "uid"}
ONE_OF_ENDPOINT = {"ip", "uid", "name", "hostname", "svc_name", "instance_uid", "interface_uid", "interface_name"}


def row(event: str = "document.read", **changes: Any) -> TrailRow:
    usual: dict[str, Any] = {
        "number": 7,
        "at": datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC),
        "tenant": "acme",
        "actor_id": "u1",
        "via": "session",
        "outcome": EventOutcome.DONE,
        "target": "document:d1 version:v1",
        "details": {"status": 200, "operation": "get_text"},
        "text": {"actor": "Anna", "address": "10.0.0.1", "question": "Why?"},
        "digest": "0" * 64,
        "erased": False,
    }
    return TrailRow(event=event, **usual | changes)


@pytest.mark.parametrize(
    "given",
    [
        row(),
        row("login.done", outcome=EventOutcome.REFUSED, actor_id="", text={}, target=""),
        row("audit.texts_erased", text={}, details={}, via="command", actor_id=""),
    ],
)
def test_all_that_the_schema_requires_is_there(given: TrailRow) -> None:
    event = ocsf_event(given)
    assert event.keys() >= REQUIRED
    assert event["metadata"].keys() >= OF_METADATA
    assert event["metadata"]["version"] == "1.8.0"
    assert event["api"]["operation"]
    assert event["actor"].keys() & ONE_OF_ACTOR
    if "user" in event["actor"]:
        assert event["actor"]["user"].keys() & ONE_OF_USER
    assert event["src_endpoint"].keys() & ONE_OF_ENDPOINT
    assert (event["category_uid"], event["class_uid"]) == (6, 6003)
    assert event["type_uid"] == 6003 * 100 + event["activity_id"]
    assert event["activity_id"] in {0, 1, 2, 3, 4, 99}
    assert event["time"] == 1_767_323_045_600


def test_what_was_done_to_what_by_whom() -> None:
    event = ocsf_event(row())
    assert event["actor"]["user"] == {"uid": "u1", "name": "Anna"}
    assert event["src_endpoint"] == {"ip": "10.0.0.1"}
    assert event["resources"] == [{"type": "document", "uid": "d1"}, {"type": "version", "uid": "v1"}]
    assert (event["activity_name"], event["status_id"], event["status_code"]) == ("Read", 1, "200")
    assert event["unmapped"]["text"] == {"question": "Why?"}
    refused = ocsf_event(row("document.deleted", outcome=EventOutcome.REFUSED))
    assert (refused["activity_name"], refused["status_id"], refused["severity_id"]) == ("Delete", 2, 2)
    assert ocsf_event(row("login"))["activity_name"] == "login"


def test_fault_45_a_text_with_line_breaks_stays_in_its_line() -> None:
    forged = 'a\r\n{"event": "forged"}\u2028\x85\x0b'
    for form in TrailForm:
        text = "".join(json_lines(iter([row(text={"question": forged})]), form))
        [line] = text.splitlines()
        body = json.loads(line)
        assert (body["text"] if form is TrailForm.JSONL else body["unmapped"]["text"]) == {"question": forged}
