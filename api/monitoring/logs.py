"""Log lines, as text or as JSON, with personal data masked. No value that is logged can begin a line of its own."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from rag.guard.personal.masking import Policy, mask
from rag.settings import LogFormat, Settings
from rag.telemetry.recorder import REQUEST_ID

_CHATTY = ("alembic", "httpx", "uvicorn.access")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What may end a line, or tell a terminal to do something."""
_LEFT_OUT = "(left out, for it could not be searched for personal data)"


class TextFormatter(logging.Formatter):
    """Formats each record as one line; those of a traceback follow it, each behind a tab."""

    def __init__(self, personal_data: Policy) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: ")
        self._personal_data = personal_data

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line, and those of the traceback."""
        record.asctime = self.formatTime(record)
        lines = [self.formatMessage(record) + _one_line(_masked(record.getMessage(), self._personal_data))]
        if record.exc_info:
            traceback = _masked(self.formatException(record.exc_info), self._personal_data)
            lines += [f"\t{_one_line(line)}" for line in traceback.splitlines()]
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """Formats each record as one line of JSON, with the ``request_id`` of its request if there is one."""

    def __init__(self, personal_data: Policy) -> None:
        super().__init__()
        self._personal_data = personal_data

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _masked(record.getMessage(), self._personal_data),
        }
        if request_id := REQUEST_ID.get():
            entry["request_id"] = request_id
        if record.exc_info:
            entry["error"] = _masked(self.formatException(record.exc_info), self._personal_data)
        return _one_line(json.dumps(entry, ensure_ascii=False))


def log_to_terminal(settings: Settings) -> None:
    """Sends the log to standard error."""
    logging.basicConfig(level=logging.INFO)
    is_json = settings.monitoring.log_format is LogFormat.JSON
    formatter = (JsonFormatter if is_json else TextFormatter)(Policy.of(settings.personal_data.logs))
    for handler in logging.getLogger().handlers:
        handler.setFormatter(formatter)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _masked(text: str, policy: Policy) -> str:
    try:
        return mask(text, policy)[0]
    except Exception:  # noqa: BLE001 - a log must be written, and what was not searched is not
        return _LEFT_OUT


def _one_line(text: str) -> str:
    """Returns the text with control characters and line breaks escaped, as JSON and Python write them."""
    return _CONTROL.sub(lambda match: _escaped(match[0]), text)


def _escaped(sign: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(sign, f"\\u{ord(sign):04x}")
