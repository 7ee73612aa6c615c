"""Prints tables and colours at a terminal, and a plain line for each record to a program.

Standard output carries what was asked for, standard error notes, warnings and progress. ``NO_COLOR`` is honoured.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from rag.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

Styled = str | tuple[str, str]
"""Text, or (text, style) with a style of rich's, e.g. ``bold red``."""


def say(*parts: Styled, err: bool = False) -> None:
    """Prints one line; at a terminal it is broken between words, and styles show."""
    if _is_terminal(err=err):
        from rich.text import Text

        _console(err=err).print(Text.assemble(*parts), highlight=False)
    else:
        typer.echo("".join(part if isinstance(part, str) else part[0] for part in parts), err=err)


def note(*parts: Styled) -> None:
    """Prints one line on standard error."""
    say(*parts, err=True)


def warn(text: str) -> None:
    """Prints a warning on standard error."""
    note(("Warning: ", "bold yellow"), text)


def fail(text: str) -> None:
    """Prints on standard error why a command failed."""
    note(("Error: ", "bold red"), text)


def print_json(value: object) -> None:
    """Prints a value for a program to read."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Styled]],
    *,
    title: str = "",
    whole: Collection[str] = (),
    right: Collection[str] = (),
) -> None:
    """Prints a table; without a terminal its headings and rows are lines of cells with tabs between them.

    Columns named in ``whole`` are not broken into lines, those in ``right`` stand at the right.
    """
    if not _is_terminal():
        lines = [*([[title]] if title else []), headings, *rows]
        typer.echo("\n".join("\t".join(map(_one_line, line)) for line in lines))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left")
    for heading in headings:
        table.add_column(
            heading, overflow="fold", no_wrap=heading in whole, justify="right" if heading in right else "left"
        )
    for row in rows:
        table.add_row(*(Text.assemble(cell) for cell in row))
    _console().print(table)


@contextmanager
def progress_bars(*, shown: bool = True, about: str = "") -> Iterator[Callable[[str, int, int | None], None]]:
    """Yields a function of (step, done, total): each step has a bar on standard error, where that is a terminal.

    ``about`` goes before the step's name. A total of None is not known yet.
    """
    if not (shown and _is_terminal(err=True)):
        yield lambda _step, _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(err=True)) as progress:
        bars = {}

        def report(step: str, done: int, total: int | None) -> None:
            if step not in bars:
                bars[step] = progress.add_task(f"{about} {step}".strip().capitalize(), total=total)
            progress.update(bars[step], completed=done, total=total)

        yield report


def confirmed(question: str, *, yes: bool) -> bool:
    """Asks on standard error whether to go on; ``yes`` answers for the person.

    Raises:
        ConfigurationError: standard input is no terminal, so the question cannot be asked.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{question} Without a terminal this cannot be asked. Add --yes if it is meant.")
    return typer.confirm(question, err=True)


def _is_terminal(*, err: bool = False) -> bool:
    return (sys.stderr if err else sys.stdout).isatty()


def _console(*, err: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=err, color_system=None if os.environ.get("NO_COLOR") else "auto")


def _one_line(cell: Styled) -> str:
    return " ".join((cell if isinstance(cell, str) else cell[0]).split())
