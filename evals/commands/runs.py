"""``citewell eval run``, and the commands that judge, gate, sweep and log runs."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.commands.options import DATA, DATASET_NAMES, Data
from evals.datasets.perturbations import Perturbation
from evals.reports.tracking import Tracker
from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.terminal.exit_status import ExitStatus
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table, progress_bars, say

if TYPE_CHECKING:
    from evals.runs.records import JudgeRecord, RunRecord

Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="A setting for this run, e.g. retrieval.candidates=50; repeatable."),
]
_HELP = f"{DATASET_NAMES}, a .jsonl of questions, or a folder."


def run(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=_HELP)] = "sample",
    data: Data = DATA,
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
    """Ask a dataset's questions, score the answers, keep the run.

    Reports and comparisons read kept runs.
    """
    from evals.datasets.perturbations import perturbed
    from evals.datasets.readers.catalogue import read_dataset
    from evals.ragas_scores.scoring import judge_run
    from evals.runs.run import run_dataset
    from evals.runs.store import RunStore

    chosen = load_settings(overrides(settings))
    store = RunStore.of(chosen)
    with progress_bars(shown=not as_json, about=dataset) as report_progress:
        held = read_dataset(dataset, data).sample(questions)
        held = perturbed(held, perturb) if perturb else held
        asked = run_dataset(held, chosen, store, on_progress=report_progress, concurrency=concurrency)
        record = asyncio.run(asked)
        if ragas:
            record = asyncio.run(judge_run(record, chosen, store, on_progress=report_progress))
    _show(record, as_json=as_json)


def judge(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.")],
    settings: Overrides = None,
    *,
    as_json: Json = False,
) -> None:
    """Score a kept run with Ragas; nothing is asked again."""
    from evals.ragas_scores.scoring import NOT_INSTALLED, judge_run
    from evals.runs.store import RunStore

    chosen = load_settings(overrides(settings))
    if chosen.judge.url is None:
        raise ConfigurationError(
            "No judge is set. Set CITEWELL_JUDGE__URL to an OpenAI-compatible server, e.g. http://127.0.0.1:8001/v1."
        )
    if find_spec("ragas") is None:
        raise ConfigurationError(f"{NOT_INSTALLED}.")
    store = RunStore.of(chosen)
    with progress_bars(shown=not as_json) as report_progress:
        judged = asyncio.run(judge_run(store.run(run), chosen, store, on_progress=report_progress))
    _show(judged, as_json=as_json)


def _show(run: RunRecord, *, as_json: bool) -> None:
    typer.echo(run.model_dump_json(indent=2)) if as_json else _print_run(run)


def gate(
    thresholds: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file: dataset, settings, thresholds.")],
    run_id: Annotated[str | None, typer.Option("--run", help="A run that is there; else the dataset is run.")] = None,
    data: Data = DATA,
    junit_file: Annotated[Path | None, typer.Option("--junit", help="Where to write the verdicts for CI.")] = None,
) -> None:
    """Hold a run against thresholds.

    The exit status is 1 if one is not reached.
    """
    from evals.datasets.readers.catalogue import read_dataset
    from evals.runs.gate import gate_results, junit, read_gate
    from evals.runs.run import run_dataset
    from evals.runs.store import RunStore

    wanted = read_gate(thresholds)
    settings = load_settings(wanted.settings)
    store = RunStore.of(settings)
    if run_id is None:
        with progress_bars(about=wanted.dataset) as report_progress:
            held = read_dataset(wanted.dataset, data)
            record = asyncio.run(run_dataset(held, settings, store, on_progress=report_progress))
    else:
        record = store.run(run_id)
    verdicts = gate_results(record, wanted)
    if junit_file is not None:
        junit_file.write_bytes(junit(record, verdicts))
    for verdict in verdicts:
        say(("pass", "green") if verdict.passed else ("FAIL", "bold red"), f" {verdict.metric}: {verdict.words}")
    if not all(verdict.passed for verdict in verdicts):
        raise typer.Exit(ExitStatus.FAILED)


def sweep(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=_HELP)],
    settings: Annotated[
        list[str],
        typer.Option("--set", help="A setting and its values, e.g. retrieval.limit=5,8; repeatable."),
    ],
    data: Data = DATA,
    questions: Annotated[int | None, typer.Option(help="How many of the questions; by default all.")] = None,
    metric: Annotated[str, typer.Option(help="The metric that says how good it is.")] = "ndcg@10/found",
) -> None:
    """Run every combination of some settings.

    The table marks those that no other beats in both quality and time.
    """
    from evals.datasets.readers.catalogue import read_dataset
    from evals.runs.store import RunStore
    from evals.runs.sweep import sweep as try_all

    choices = {path: values.split(",") for path, values in overrides(settings).items()}
    store = RunStore.of(load_settings())
    with progress_bars(about=dataset) as report_progress:
        held = read_dataset(dataset, data).sample(questions)
        trying = try_all(held, choices, load_settings, store, metric=metric, on_progress=report_progress)
        points = asyncio.run(trying)
    varied = [path for path, values in choices.items() if len(values) > 1]
    rows = [
        (
            *(point.settings[path] for path in varied),
            f"{point.quality:.4f}",
            f"{point.p95_milliseconds:.0f}",
            "yes" if point.is_best else "",
            point.run_id,
        )
        for point in points
    ]
    print_table((*varied, metric, "P95 ms", "Best", "Run"), rows)


def public(
    dataset: Annotated[list[str] | None, typer.Option(help="A set; repeatable. Default: all of the table.")] = None,
    data: Data = DATA,
    questions: Annotated[int | None, typer.Option(help="How many questions of each set; by default all.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Measure on the public sets, as one table.

    Search and extractive answers, beside a plain LlamaIndex pipeline.
    """
    from evals.runs.store import RunStore
    from evals.studies.public_table import PUBLIC_TABLE, measure_public_set, row_in_markdown

    settings = load_settings({"generation.backend": "extractive"})
    store = RunStore.of(settings)
    rows = []
    for name in dataset or PUBLIC_TABLE:
        with progress_bars(shown=not as_json, about=name) as report_progress:
            measuring = measure_public_set(
                name, data, settings, store, questions=questions, on_progress=report_progress
            )
            rows.append(asyncio.run(measuring))
        if not as_json:
            typer.echo(row_in_markdown(rows[-1], with_head=len(rows) == 1))
    if as_json:
        print_json([row.to_json() for row in rows])


def log(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning.")],
    to: Annotated[Tracker, typer.Option(help="Where to.")],
) -> None:
    """Log a run to Weights & Biases or MLflow.

    Figures and settings are sent, and nothing of questions or documents.
    """
    from evals.reports.tracking import log_run
    from evals.runs.store import RunStore

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


def _print_run(run: RunRecord) -> None:
    """Prints the figures with their intervals, the times of the stages, and the id of the run."""
    figures = [
        (
            metric,
            f"{figure.mean:.3f}" if figure.count else "-",
            f"{figure.low:.3f} to {figure.high:.3f}" if figure.count else "-",
            str(figure.count),
            str(figure.not_computed or ""),
        )
        for metric, figure in run.figures.items()
    ]
    headings = ("Metric", "Mean", "95 % interval", "Questions", "Not computed")
    print_table(headings, figures, title=f"{run.dataset}: {run.questions}")
    say()
    times = [
        (stage, *(f"{value:.0f}" for value in (taken.p50, taken.p95, taken.p99)))
        for stage, taken in run.milliseconds.items()
    ]
    print_table(("Stage", "P50 ms", "P95 ms", "P99 ms"), times, right=("P50 ms", "P95 ms", "P99 ms"))
    if run.judge is not None:
        say()
        _print_judge(run.judge)
    say(f"Kept as {run.run_id}")


def _print_judge(judge: JudgeRecord) -> None:
    row = (
        judge.model,
        str(judge.calls),
        str(judge.failed_calls),
        str(judge.prompt_tokens + judge.completion_tokens),
        "-" if judge.cost is None else f"{judge.cost:.4f}",
        "-" if judge.label_agreement is None else f"{judge.label_agreement:.2f} of {judge.labelled_items}",
        "-" if judge.self_agreement is None else f"{judge.self_agreement:.2f}",
    )
    print_table(("Judge", "Calls", "Failed", "Tokens", "Cost", "Right on known items", "Same when asked twice"), [row])
