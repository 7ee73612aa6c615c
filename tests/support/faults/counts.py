"""Prints what a fault test has counted."""

import sys


def say(line: str) -> None:
    """Prints a line of its own; ``make faults`` shows it."""
    sys.stdout.write(f"\n{line}\n")
