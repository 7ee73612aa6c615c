"""A clock that tests set."""

from datetime import datetime, timedelta


class Clock:
    """Goes on by a microsecond each time it is read, so that no two moments are equal, and jumps when told."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC, as the tables hold it

    def __call__(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
