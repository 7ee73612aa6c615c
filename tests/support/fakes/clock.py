"""A clock that tests set."""

from datetime import datetime, timedelta


class Clock:
    """Advances by a microsecond at each reading, so that times differ, and by ``advance`` on demand."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC, as the tables hold it

    def __call__(self) -> datetime:
        self._now += timedelta(microseconds=1)
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
