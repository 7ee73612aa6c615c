"""Shows on a terminal how far a run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress_bars(*, quiet: bool, about: str = "") -> Iterator[Callable[[str, int, int], None]]:
    """Yields what takes (step, done, total); each step has a bar of its own on standard error."""
    with Progress(console=Console(stderr=True), disable=quiet) as progress:
        bars = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = progress.add_task(f"{about} {step}".strip().capitalize(), total=total)
            progress.update(bars[step], completed=done)

        yield report
