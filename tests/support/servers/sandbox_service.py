"""A service that dies while parsing: takes a folder's path, prints the parser's process id."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Thread

from tests.unit.ingest.sandbox.test_sandbox import new_sandbox, parse


def main() -> None:
    """Waits until the parser reports on a named pipe that it is busy, then dies without notice to it."""
    folder = Path(sys.stdin.read())
    news = folder / "news"
    os.mkfifo(news)
    Thread(target=parse, args=(new_sandbox(), folder, f"hang {news}"), daemon=True).start()
    sys.stdout.write(news.read_text(encoding="ascii"))
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
