import json
import logging
import sys

import pytest

from api.monitoring.logs import JsonFormatter, TextFormatter
from rag.guard.personal.finding import Finding
from rag.guard.personal.masking import NOTHING, Policy
from rag.settings import PersonalKind
from rag.telemetry.recorder import REQUEST_ID


class _Broken(Policy):
    """Fails on every text."""

    def find(self, text: str) -> list[Finding]:
        raise ArithmeticError(text)


MASKED = Policy(masked=frozenset({PersonalKind.EMAIL}))
BROKEN = _Broken(masked=frozenset({PersonalKind.EMAIL}))


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


def formatted(formatter: logging.Formatter, message: str, error: str = "") -> str:
    try:
        if error:
            raise ValueError(error)
    except ValueError:
        return formatter.format(logging.LogRecord("x", logging.INFO, "x", 1, message, (), sys.exc_info()))
    return formatter.format(logging.LogRecord("x", logging.INFO, "x", 1, message, (), None))


@pytest.mark.parametrize("formatter", [TextFormatter(MASKED), JsonFormatter(MASKED)])
def test_personal_data_is_masked_in_messages_and_errors(formatter: logging.Formatter) -> None:
    text = formatted(formatter, "mail to ada@example.com", "no mail to bob@example.com")
    assert text.count("‹email›") == 2
    assert "example.com" not in text


@pytest.mark.parametrize("formatter", [TextFormatter(BROKEN), JsonFormatter(BROKEN)])
def test_a_message_that_cannot_be_searched_is_left_out(formatter: logging.Formatter) -> None:
    text = formatted(formatter, "mail to ada@example.com")
    assert "left out" in text
    assert "ada" not in text
