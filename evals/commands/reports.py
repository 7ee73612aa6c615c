"""``citewell eval runs``, ``compare``, ``report``, ``delete`` and ``ab``: read and delete what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json, Yes
from rag.terminal.output import confirmed, note, print_json, print_table, say, warn

if TYPE_CHECKING:
    from evals.runs.comparison import Comparison, MetricDifference

Run = Annotated[str, typer.Argument(help="A run's id, or its beginning.")]


def runs() -> None:
    """List the runs, newest first."""
    from evals.runs.store import RunStore

    rows = []
    for run in RunStore.of(load_settings()).runs():
        facts, total = run.figures.get("fact_recall"), run.milliseconds.get("total")
        shown = f"{facts.mean:.3f}" if facts and facts.count else "-"
        rows.append((run.run_id, run.state, str(run.questions), shown, f"{total.p95:.0f}" if total else "-"))
    print_table(("Run", "State", "Questions", "Facts stated", "P95 ms"), rows, whole=("Run",))


def compare(
    before: Run,
    after: Run,
    *,
    as_json: Json = False,
) -> None:
    """Compare two runs question by question.

    Differences with their intervals, by tag, and the questions that flipped.
    """
    from pydantic import TypeAdapter

    from evals.reports.html import verdict_in_words
    from evals.reports.wording import given
    from evals.reports.words import ReportWords
    from evals.runs.comparison import Comparison, Direction

    found, words = _compared(before, after), ReportWords()
    if as_json:
        typer.echo(TypeAdapter(Comparison).dump_json(found, indent=2).decode())
        return
    if not found.same_dataset:
        warn("The runs are not of the same questions and documents.")
    for name, old, new in (*found.settings, *found.versions):
        say(f"{name}: {old} -> {new}")
    _print_differences("All", found.differences)
    for tag, differences in found.by_tag.items():
        _print_differences(tag, [each for each in differences if each.verdict is not Direction.UNCLEAR])
    for flip in found.flips:
        say()
        say(("won", "green") if flip.is_won else ("lost", "red"), f" {flip.before.question.question}")
        say(f"  before: {given(flip.before, words)}")
        say(f"  after:  {given(flip.after, words)}")
    say()
    say(f"{verdict_in_words(found, words)}; {found.unpaired} questions are in one run alone.")


def report(
    run_id: Run,
    against: Annotated[str | None, typer.Option(help="An earlier run, to compare with.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file; by default named after the run.")] = None,
) -> None:
    """Write the report of a run as one HTML file.

    With --against, the report of a comparison. The file needs no other file and no network.
    """
    from evals.reports.html import comparison_report, run_report, standing_alone
    from evals.reports.words import ReportWords
    from evals.runs.store import RunStore

    store, words = RunStore.of(load_settings()), ReportWords()
    run = store.run(run_id)
    if against:
        found = comparison_report(_compared(against, run_id), words)
    else:
        found = run_report(run, store.questions(run.run_id), words)
    path = out or Path(f"{run.run_id}{'-compared' if against else ''}.html")
    path.write_text(standing_alone(found), encoding="utf-8")
    typer.echo(str(path))


def delete(
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN", help="Whole ids.")], *, yes: Yes = False
) -> None:
    """Delete runs with their questions and answers."""
    from evals.runs.store import RunStore

    store = RunStore.of(load_settings())
    known = {run.run_id for run in store.runs()}
    for run_id in run_ids:
        if run_id not in known:
            raise ConfigurationError(f"There is no run {run_id}; `citewell eval runs` lists them. Nothing was deleted.")
    if not confirmed(f"Delete {', '.join(run_ids)}?", yes=yes):
        note("Nothing was deleted.")
        raise typer.Exit(ExitStatus.FAILED)
    for run_id in run_ids:
        store.delete(run_id)
        say(f"{run_id} is deleted.")


def ab(
    experiment: Annotated[str | None, typer.Option(help="Its name; by default that of the settings.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Compare the two configurations of an experiment.

    On the questions that they answered in service.
    """
    from evals.experiments.arms import compare_arms
    from evals.experiments.from_feedback import read_answers
    from evals.experiments.report import print_report

    settings = load_settings()
    name = experiment or settings.experiment.name
    if not name:
        raise ConfigurationError("Which experiment? Name it with --experiment, or set CITEWELL_EXPERIMENT__NAME.")
    report = compare_arms(name, read_answers(settings, experiment=name))
    if as_json:
        print_json(asdict(report))
    else:
        print_report(report)


def _compared(before: str, after: str) -> Comparison:
    from evals.runs.comparison import compare as compare_runs
    from evals.runs.store import RunStore

    store = RunStore.of(load_settings())
    first, second = store.run(before), store.run(after)
    return compare_runs((first, store.questions(first.run_id)), (second, store.questions(second.run_id)))


def _print_differences(title: str, differences: Sequence[MetricDifference]) -> None:
    if not differences:
        return
    from evals.runs.comparison import Direction

    styles = {Direction.BETTER: "green", Direction.WORSE: "red", Direction.UNCLEAR: "dim"}
    rows = [
        (
            each.metric,
            f"{each.before:.3f}",
            f"{each.after:.3f}",
            f"{each.gain.mean:+.3f} ({each.gain.low:+.3f} to {each.gain.high:+.3f})",
            (each.verdict.value, styles[each.verdict]),
        )
        for each in differences
    ]
    print_table(("Metric", "Before", "After", "Difference, 95 %", "Shown"), rows, title=title)
