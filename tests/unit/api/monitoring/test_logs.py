import json
import logging

import pytest

from api.monitoring.logs import JsonFormatter
from rag.guard.personal.masking import NOTHING
from rag.telemetry.recorder import REQUEST_ID


def line(record: logging.LogRecord) -> dict[str, str]:
    text = JsonFormatter(NOTHING).format(record)
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
