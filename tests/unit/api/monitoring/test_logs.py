import json
import logging

import pytest

from api.monitoring.logs import JsonFormatter, TextFormatter
from rag.telemetry.recorder import REQUEST_ID


def line(record: logging.LogRecord) -> dict[str, str]:
    text = JsonFormatter().format(record)
    assert "\n" not in text
    entry: dict[str, str] = json.loads(text)
    return entry


def test_a_line_is_one_json_object(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("rag.x").warning("job %s\nfailed", "j1")
    entry = line(caplog.records[0])
    assert entry.pop("time").endswith("+00:00")
    assert entry == {"level": "WARNING", "logger": "rag.x", "message": "job j1\nfailed"}


def test_a_request_has_its_id_and_an_error_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    token = REQUEST_ID.set("r1")
    try:
        raise ZeroDivisionError("of no use")
    except ZeroDivisionError:
        logging.getLogger("rag.x").exception("unexpected")
        entry = line(caplog.records[0])
    finally:
        REQUEST_ID.reset(token)
    assert entry["request_id"] == "r1"
    assert entry["error"].endswith("ZeroDivisionError: of no use")


FORGED = "report.pdf\r\n2026-01-01 00:00:00,000 INFO api: all is well\u2028\x85\x1b[2K"


def test_fault_45_no_name_begins_a_line_of_its_own_in_the_log() -> None:
    record = logging.LogRecord("ingest", logging.WARNING, "x.py", 1, "cannot read %s", (FORGED,), None)
    for formatter in (TextFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"), JsonFormatter()):
        [line] = formatter.format(record).encode().split(b"\n")
        assert b"report.pdf" in line
        assert b"\r" not in line
        assert b"\x1b" not in line
