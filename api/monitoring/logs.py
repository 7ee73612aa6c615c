"""Log lines, as text or as JSON."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from rag.settings import LogFormat
from rag.telemetry.recorder import REQUEST_ID

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CHATTY = ("alembic", "httpx", "uvicorn.access")


class TextFormatter(logging.Formatter):
    """Formats each record as one line, before a traceback: a name or a question cannot begin a line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Returns the line."""
        record.message = _BREAKS.sub(lambda found: found[0].encode("unicode_escape").decode(), record.message)
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """Formats each record as one line of JSON, with the ``request_id`` of its request if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            entry["request_id"] = request_id
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def log_to_terminal(log_format: LogFormat) -> None:
    """Sends the log to standard error."""
    logging.basicConfig(level=logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter() if log_format is LogFormat.JSON else TextFormatter(_TEXT))
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
