"""Entry point of a parser process: ``python -m ingest.sandbox.child``, started by ``ingest.sandbox.process``.

It imports little, because confinement must come before libraries that start threads.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import BinaryIO

from ingest.sandbox import confinement
from ingest.sandbox.protocol import Configuration
from rag.processes.lifetime import die_with_parent

_LARGEST_FILE_BYTES = 512 * 1_048_576
_NICENESS = 2  # two thirds of the share of a process that answers questions, or of any other


def main() -> None:
    """Confines the process, then answers requests until the service closes the pipe."""
    requests, replies = _take_standard_streams()
    configuration = Configuration.model_validate_json(requests.readline())
    die_with_parent(configuration.parent_pid)
    os.nice(_NICENESS)
    isolation = confinement.leave_network()
    confinement.limit_resources(memory_bytes=configuration.memory_bytes, file_bytes=_LARGEST_FILE_BYTES)
    confinement.forbid_new_rights()
    # Imported only now: its libraries start threads, and confinement must come before the first thread.
    serving = importlib.import_module("ingest.sandbox.serving")
    serving.serve(requests, replies, configuration, isolation)


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Takes the pipes from streams 0 and 1, so that a library that prints or reads does not get into the protocol."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(sys.stderr.fileno(), 1)
    return requests, replies


if __name__ == "__main__":
    main()
