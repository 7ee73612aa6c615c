"""``citewell eval runs``, ``compare``, ``report`` and ``delete``: runs that there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from evals.reports.html import comparison_report, run_report, verdict_in_words
from evals.reports.wording import given
from evals.runs.comparison import Comparison, MetricDifference, Verdict
from evals.runs.comparison import compare as compare_runs
from evals.runs.store import RunStore
from rag.errors import ConfigurationError
from rag.settings import load_settings

Run = Annotated[str, typer.Argument(help="A run's id, or how it begins.")]
_STYLES = {Verdict.BETTER: "green", Verdict.WORSE: "red", Verdict.UNCLEAR: "dim"}


def runs() -> None:
    """List the runs, newest first."""
    table = Table("Run", "State", "Questions", "Facts stated", "P95 ms")
    for run in RunStore.of(load_settings()).runs():
        facts, total = run.figures.get("fact_recall"), run.milliseconds.get("total")
        shown = f"{facts.mean:.3f}" if facts and facts.count else "-"
        table.add_row(run.run_id, run.state.value, str(run.questions), shown, f"{total.p95:.0f}" if total else "-")
    Console().print(table)


def compare(
    before: Run,
    after: Run,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two runs question by question: differences with intervals, by tag, and the questions that flipped."""
    found = _compared(before, after)
    if as_json:
        typer.echo(TypeAdapter(Comparison).dump_json(found, indent=2).decode())
        return
    console = Console()
    if not found.same_dataset:
        console.print("[red]The runs are not of the same questions and documents.[/]")
    for name, old, new in (*found.settings, *found.versions):
        console.print(f"{name}: {old} -> {new}", highlight=False)
    _print_differences("All", found.differences)
    for tag, differences in found.by_tag.items():
        _print_differences(tag, [each for each in differences if each.verdict is not Verdict.UNCLEAR])
    for flip in found.flips:
        mark = "[green]won[/]" if flip.is_won else "[red]lost[/]"
        console.print(f"\n{mark} {flip.before.question.question}", highlight=False)
        console.print(f"  before: {given(flip.before)}\n  after:  {given(flip.after)}", highlight=False, markup=False)
    console.print(f"\n{verdict_in_words(found)}; {found.unpaired} questions are in one run alone.", highlight=False)


def report(
    run_id: Run,
    against: Annotated[str | None, typer.Option(help="An earlier run, to compare with.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file; by default named after the run.")] = None,
) -> None:
    """Write the report of a run, or of a comparison, as one HTML file that needs nothing else."""
    store = RunStore.of(load_settings())
    run = store.run(run_id)
    html = comparison_report(_compared(against, run_id)) if against else run_report(run, store.questions(run.run_id))
    path = out or Path(f"{run.run_id}{'-compared' if against else ''}.html")
    path.write_text(html, encoding="utf-8")
    typer.echo(str(path))


def delete(run_ids: Annotated[list[str], typer.Argument(metavar="RUN...", help="Whole ids.")]) -> None:
    """Take runs away, with what they keep of questions and answers."""
    store = RunStore.of(load_settings())
    known = {run.run_id for run in store.runs()}
    for run_id in run_ids:
        if run_id not in known:
            raise ConfigurationError(f"There is no run {run_id}; `citewell eval runs` lists them. Nothing was deleted.")
    for run_id in run_ids:
        store.delete(run_id)
        typer.echo(f"{run_id} is deleted.")


def _compared(before: str, after: str) -> Comparison:
    store = RunStore.of(load_settings())
    first, second = store.run(before), store.run(after)
    return compare_runs((first, store.questions(first.run_id)), (second, store.questions(second.run_id)))


def _print_differences(title: str, differences: Sequence[MetricDifference]) -> None:
    if not differences:
        return
    table = Table("Metric", "Before", "After", "Difference, 95 %", "Shown", title=title, title_justify="left")
    for each in differences:
        change = f"{each.gain.mean:+.3f} ({each.gain.low:+.3f} to {each.gain.high:+.3f})"
        verdict = f"[{_STYLES[each.verdict]}]{each.verdict.value}[/]"
        table.add_row(each.metric, f"{each.before:.3f}", f"{each.after:.3f}", change, verdict)
    Console().print(table)
