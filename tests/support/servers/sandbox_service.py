"""A service that is killed in the middle of reading: takes a folder's path, prints the parser's process id."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Thread

from tests.unit.ingest.sandbox.test_sandbox import new_sandbox, parse


def main() -> None:
    """Waits until the parser is busy, which it says through a named pipe, and dies without a last word to it."""
    folder = Path(sys.stdin.read())
    news = folder / "news"
    os.mkfifo(news)
    Thread(target=parse, args=(new_sandbox(), folder, f"hang {news}"), daemon=True).start()
    sys.stdout.write(news.read_text(encoding="ascii"))
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
