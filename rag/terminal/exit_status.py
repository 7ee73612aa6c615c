"""The exit statuses of all commands."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class ExitStatus(IntEnum):
    """The exit status of a command; help pages print its ``meaning``."""

    DONE = 0, "done, or answered"
    FAILED = 1, "an error, or a check that failed; the output says which"
    WRONG_USAGE = 2, "the command line is wrong; nothing was done"
    NO_ANSWER = 3, "no answer: the documents do not hold one"
    INTERRUPTED = 130, "stopped by Ctrl-C"

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Makes a member that is its number."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


def exit_status_lines() -> str:
    """Returns one line for each status, for the end of a help page."""
    # After \b typer does not fill the lines to a paragraph.
    return "\b\nExit status:\n" + "\n".join(f"  {status.value}  {status.meaning}" for status in ExitStatus)
