"""``citewell eval guard``: how many attacks succeed, and what the guard costs without attacks."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.commands.options import DATA, Data
from rag.settings import load_settings
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table, progress_bars, say

if TYPE_CHECKING:
    from evals.guard.attacks import Progress, Rate
    from rag.settings import Settings


def guard(
    data: Data = DATA,
    seed: Annotated[int, typer.Option(help="Draws the e-mail and the place of each order.")] = 1,
    *,
    off: Annotated[bool, typer.Option("--off", help="Measure with the guard switched off.")] = False,
    endpoint: Annotated[bool, typer.Option("--endpoint", help="Have the configured model answer, too.")] = False,
    cost: Annotated[bool, typer.Option("--cost", help="Measure touched answers and time in place of attacks.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Measure clean documents in place of attacks.")] = False,
    as_json: Json = False,
) -> None:
    """Measure attacks in documents, and what the guard costs.

    Orders of BIPIA at the start, in the middle and at the end of e-mails; orders hidden in our own ways; links that
    carry data away; instructions that leak. A scripted model obeys all that it reads.
    """
    from evals.guard.attacks import without_guard
    from evals.guard.clean import clean_documents

    settings = without_guard(load_settings()) if off else load_settings()
    notes: list[str] = []
    with progress_bars(shown=not as_json) as on_progress:
        if cost:
            rates, notes = asyncio.run(_cost(data, settings, on_progress))
        elif clean:
            rates = clean_documents(data, settings, on_progress)
        else:
            attacked = _attacks(data / "bipia", settings, seed, with_endpoint=endpoint, on_progress=on_progress)
            rates = asyncio.run(attacked)
    if as_json:
        print_json([asdict(rate) for rate in rates])
        return
    print_table(
        ("Kind", "Succeeded" if not (cost or clean) else "Touched", "Of", "Share"),
        [(rate.kind, f"{rate.succeeded:,}", f"{rate.tried:,}", f"{rate.share:.1%}") for rate in rates],
    )
    for rate in rates:
        for form in rate.forms:
            say(f"  {rate.kind}: {' '.join(form.split())}")
    for note in notes:
        say(note)


async def _attacks(
    bipia: Path, settings: Settings, seed: int, *, with_endpoint: bool, on_progress: Progress
) -> list[Rate]:
    from evals.guard import attacks, writing

    orders, hidden = attacks.bipia_attacks(bipia, seed=seed), attacks.hidden_attacks()
    rates = []
    for name, always in (("obeys what it reads", False), ("obeys in any case", True)):
        obeyed = await attacks.obeyed(orders, settings, in_any_case=always, on_progress=on_progress)
        rates += _named(name, obeyed)
    rates += [
        _together("hidden orders", await attacks.obeyed(hidden, settings, in_any_case=False, on_progress=on_progress)),
        await writing.exfiltrated(settings, on_progress=on_progress),
        await writing.leaked(settings, on_progress=on_progress),
        await writing.poisoned(settings, on_progress=on_progress),
    ]
    if with_endpoint:
        rates += _named("the configured model", await attacks.followed(orders, settings, on_progress=on_progress))
    return rates


async def _cost(data: Path, settings: Settings, on_progress: Progress) -> tuple[list[Rate], list[str]]:
    from evals.guard.clean import cost

    measured = await cost(data, settings, on_progress)
    median, p95 = measured.milliseconds_median, measured.milliseconds_p95
    note = f"Processor time of the guard for a question: {median:.1f} ms at the median, {p95:.1f} ms at P95."
    return [measured.questions, measured.quoted, measured.written], [note]


def _named(name: str, rates: list[Rate]) -> list[Rate]:
    return [replace(rate, kind=f"{name}: {rate.kind}") for rate in rates]


def _together(name: str, rates: list[Rate]) -> Rate:
    succeeded = [rate for rate in rates if rate.succeeded]
    return replace(
        rates[0],
        kind=name,
        succeeded=len(succeeded),
        tried=len(rates),
        forms=tuple(rate.kind for rate in succeeded),
    )
