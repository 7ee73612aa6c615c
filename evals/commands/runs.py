"""``citewell eval run`` and what is done with runs."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from evals.commands.progress import progress_bars
from evals.datasets.perturbations import Perturbation, perturbed
from evals.datasets.readers.catalogue import dataset_names, read_dataset
from evals.ragas_scores.scoring import NOT_INSTALLED, judge_run
from evals.reports.tracking import Tracker, log_run
from evals.runs.gate import gate_results, junit, read_gate
from evals.runs.records import JudgeRecord, RunRecord
from evals.runs.run import run_dataset
from evals.runs.store import RunStore
from evals.runs.sweep import sweep as try_all
from evals.studies.public_table import PUBLIC_TABLE, measure_public_set, row_in_markdown
from rag.errors import ConfigurationError
from rag.settings import load_settings

Data = Annotated[Path, typer.Option(envvar="CITEWELL_DATA", help="The folder of the public sets.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting for this run, e.g. retrieval.candidates=50; again for more."),
]
_HELP = f"{', '.join(dataset_names())}, a .jsonl of questions, or a folder."


def run(
    dataset: Annotated[str, typer.Argument(help=_HELP)] = "sample",
    data: Data = Path("../shared/data"),
    questions: Annotated[int | None, typer.Option(help="How many of the questions; by default all.")] = None,
    settings: Overrides = None,
    perturb: Annotated[
        Perturbation | None, typer.Option("--with", help="Passages to put beside the dataset's own.")
    ] = None,
    concurrency: Annotated[int, typer.Option(help="How many questions are asked at a time.", min=1)] = 1,
    *,
    ragas: Annotated[bool, typer.Option(help="Score with Ragas, too; CITEWELL_JUDGE__URL names who judges.")] = True,
    as_json: Json = False,
) -> None:
    """Ask a dataset's questions, score what comes, and keep the run for reports and comparisons."""
    chosen = load_settings(overrides(settings))
    store = RunStore.of(chosen)
    with progress_bars(quiet=as_json, about=dataset) as report_progress:
        held = read_dataset(dataset, data).sample(questions)
        held = perturbed(held, perturb) if perturb else held
        asked = run_dataset(held, chosen, store, on_progress=report_progress, concurrency=concurrency)
        record = asyncio.run(asked)
        if ragas:
            record = asyncio.run(judge_run(record, chosen, store, on_progress=report_progress))
    _show(record, as_json=as_json)


def judge(
    run: Annotated[str, typer.Argument(help="The run's id, or how it begins.")],
    settings: Overrides = None,
    *,
    as_json: Json = False,
) -> None:
    """Score a kept run with Ragas, again or for the first time; nothing is asked again."""
    chosen = load_settings(overrides(settings))
    if chosen.judge.url is None:
        raise ConfigurationError(
            "Nobody judges. Set CITEWELL_JUDGE__URL to an OpenAI-compatible server, e.g. http://127.0.0.1:8001/v1."
        )
    if find_spec("ragas") is None:
        raise ConfigurationError(f"{NOT_INSTALLED}.")
    store = RunStore.of(chosen)
    with progress_bars(quiet=as_json) as report_progress:
        judged = asyncio.run(judge_run(store.run(run), chosen, store, on_progress=report_progress))
    _show(judged, as_json=as_json)


def _show(run: RunRecord, *, as_json: bool) -> None:
    typer.echo(run.model_dump_json(indent=2)) if as_json else print_run(run)


def gate(
    thresholds: Annotated[Path, typer.Argument(help="A TOML file: dataset, settings, thresholds.")],
    run_id: Annotated[str | None, typer.Option("--run", help="A run that is there; else the dataset is run.")] = None,
    data: Data = Path("../shared/data"),
    junit_file: Annotated[Path | None, typer.Option("--junit", help="Where to write the verdicts for CI.")] = None,
) -> None:
    """Hold a run against thresholds: exit code 1 if one is not reached."""
    wanted = read_gate(thresholds)
    settings = load_settings(wanted.settings)
    store = RunStore.of(settings)
    if run_id is None:
        with progress_bars(quiet=False, about=wanted.dataset) as report_progress:
            held = read_dataset(wanted.dataset, data)
            record = asyncio.run(run_dataset(held, settings, store, on_progress=report_progress))
    else:
        record = store.run(run_id)
    verdicts = gate_results(record, wanted)
    if junit_file is not None:
        junit_file.write_bytes(junit(record, verdicts))
    for verdict in verdicts:
        mark = "[green]pass[/]" if verdict.passed else "[bold red]FAIL[/]"
        Console().print(f"{mark} {verdict.metric}: {verdict.words}", highlight=False)
    if not all(verdict.passed for verdict in verdicts):
        raise typer.Exit(1)


def sweep(
    dataset: Annotated[str, typer.Argument(help=_HELP)],
    settings: Annotated[
        list[str],
        typer.Option("--set", help="A setting and its values, e.g. retrieval.limit=5,8; again for more."),
    ],
    data: Data = Path("../shared/data"),
    questions: Annotated[int | None, typer.Option(help="How many of the questions; by default all.")] = None,
    metric: Annotated[str, typer.Option(help="The metric that says how good it is.")] = "ndcg@10/found",
) -> None:
    """Run every combination of some settings, and show which of them no other beats in quality and time."""
    choices = {path: values.split(",") for path, values in overrides(settings).items()}
    store = RunStore.of(load_settings())
    with progress_bars(quiet=False, about=dataset) as report_progress:
        held = read_dataset(dataset, data).sample(questions)
        trying = try_all(held, choices, load_settings, store, metric=metric, on_progress=report_progress)
        points = asyncio.run(trying)
    varied = [path for path, values in choices.items() if len(values) > 1]
    table = Table(*varied, metric, "P95 ms", "Best", "Run")
    for point in points:
        values = (point.settings[path] for path in varied)
        best = "yes" if point.is_best else ""
        table.add_row(*values, f"{point.quality:.4f}", f"{point.p95_milliseconds:.0f}", best, point.run_id)
    Console().print(table)


def public(
    dataset: Annotated[list[str] | None, typer.Option(help="A set; again for more. Default: all of the table.")] = None,
    data: Data = Path("../shared/data"),
    questions: Annotated[int | None, typer.Option(help="How many questions of each set; by default all.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Measure search and extractive answers on the public sets, beside a plain LlamaIndex pipeline, as one table."""
    settings = load_settings({"generation.backend": "extractive"})
    store = RunStore.of(settings)
    rows = []
    for name in dataset or PUBLIC_TABLE:
        with progress_bars(quiet=as_json, about=name) as report_progress:
            measuring = measure_public_set(
                name, data, settings, store, questions=questions, on_progress=report_progress
            )
            rows.append(asyncio.run(measuring))
        if not as_json:
            typer.echo(row_in_markdown(rows[-1], with_head=len(rows) == 1))
    if as_json:
        typer.echo(json.dumps([row.to_json() for row in rows], indent=2))


def log(
    run_id: Annotated[str, typer.Argument(help="A run's id, or how it begins.")],
    to: Annotated[Tracker, typer.Option(help="Where to.")],
) -> None:
    """Log a run's figures and settings, and nothing of questions or documents, to Weights & Biases or MLflow."""
    record = RunStore.of(load_settings()).run(run_id)
    log_run(record, to)
    typer.echo(f"Logged {record.run_id} to {to.value}.")


def overrides(settings: list[str] | None) -> dict[str, str]:
    """Returns ``name=value`` texts as a mapping.

    Raises:
        ConfigurationError: one has no ``=``.
    """
    pairs = [text.partition("=") for text in settings or ()]
    for name, sign, _ in pairs:
        if not sign:
            raise ConfigurationError(f"{name} has no value. Write it as section.name=value.")
    return {name: value for name, _, value in pairs}


def print_run(run: RunRecord) -> None:
    """Prints the figures with their intervals, and where the record lies."""
    console = Console()
    table = Table(
        "Metric", "Mean", "95 % interval", "Questions", "Not computed", title=f"{run.dataset}: {run.questions}"
    )
    for metric, figure in run.figures.items():
        shown = f"{figure.mean:.3f}" if figure.count else "-"
        interval = f"{figure.low:.3f} to {figure.high:.3f}" if figure.count else "-"
        table.add_row(metric, shown, interval, str(figure.count), str(figure.not_computed or ""))
    console.print(table)
    times = Table("Stage", "P50 ms", "P95 ms", "P99 ms")
    for stage, taken in run.milliseconds.items():
        times.add_row(stage, f"{taken.p50:.0f}", f"{taken.p95:.0f}", f"{taken.p99:.0f}")
    console.print(times)
    if run.judge is not None:
        _print_judge(console, run.judge)
    console.print(f"Kept as {run.run_id}", highlight=False)


def _print_judge(console: Console, judge: JudgeRecord) -> None:
    table = Table("Judge", "Calls", "Failed", "Tokens", "Cost", "Right on known items", "Same when asked twice")
    table.add_row(
        judge.model,
        str(judge.calls),
        str(judge.failed_calls),
        str(judge.prompt_tokens + judge.completion_tokens),
        "-" if judge.cost is None else f"{judge.cost:.4f}",
        "-" if judge.label_agreement is None else f"{judge.label_agreement:.2f} of {judge.labelled_items}",
        "-" if judge.self_agreement is None else f"{judge.self_agreement:.2f}",
    )
    console.print(table)
