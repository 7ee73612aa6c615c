"""Prints what a fault test has counted."""

import sys


def say(line: str) -> None:
    """Prints a line, which ``make faults`` shows."""
    sys.stdout.write(f"\n{line}\n")
