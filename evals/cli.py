"""``citewell eval``: measures quality by command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from evals.datasets.beir import read_beir
from evals.datasets.squad import read_squad
from evals.retrieval_run import RetrievalReport, evaluate_retrieval
from evals.sample_run import CHALLENGE, EVERYDAY, SampleReport, evaluate_sample
from rag.settings import load_settings

app = typer.Typer(help="Measure quality.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def retrieval(
    dataset: Annotated[Path, typer.Option(help="A folder in the BEIR layout.")],
    split: Annotated[str, typer.Option(help="Which relevance judgements.")] = "test",
    *,
    as_json: Json = False,
) -> None:
    """Measure BM25, dense and hybrid search on a BEIR dataset."""
    data = read_beir(dataset, split=split)
    with _progress(quiet=as_json) as report_progress:
        report = asyncio.run(evaluate_retrieval(data, load_settings(), on_progress=report_progress))
    if as_json:
        typer.echo(json.dumps(report.to_json(), indent=2))
    else:
        _print_retrieval(report)


@app.command()
def sample(
    *,
    challenge: Annotated[bool, typer.Option("--challenge", help="The hard questions, not the everyday ones.")] = False,
    as_json: Json = False,
) -> None:
    """Ask the sample questions and compare the answers with the gold ones."""
    questions = CHALLENGE if challenge else EVERYDAY
    with _progress(quiet=as_json) as report_progress:
        run = evaluate_sample(load_settings(), questions_file=questions, on_progress=report_progress)
        report = asyncio.run(run)
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        _print_sample(report)


@app.command()
def abstention(
    squad: Annotated[Path, typer.Option(help="A file in the SQuAD 2.0 layout.")],
    questions: Annotated[int, typer.Option(help="How many questions of each kind.")] = 400,
    *,
    lexical: Annotated[bool, typer.Option("--lexical", help="Without what the encoder says.")] = False,
) -> None:
    """Fit the weights by which the service decides whether to answer."""
    from evals.abstention_fit import fit_abstention  # noqa: PLC0415 - needs scikit-learn, a development dependency

    data = read_squad(squad)
    with _progress(quiet=False) as report_progress:
        run = fit_abstention(data, load_settings(), sample=questions, lexical=lexical, on_progress=report_progress)
        fit = asyncio.run(run)
    typer.echo(json.dumps(asdict(fit), indent=2))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    with Progress(console=Console(stderr=True), disable=quiet) as progress:
        bars = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = progress.add_task(step.capitalize(), total=total)
            progress.update(bars[step], completed=done)

        yield report


def _print_retrieval(report: RetrievalReport) -> None:
    console = Console()
    console.print(
        f"{report.dataset}: {report.documents:,} documents, {report.queries:,} queries, {report.encoder}, "
        f"{report.index}; indexed in {report.indexing_seconds:.0f} s",
        highlight=False,
    )
    quality = Table("Search", "nDCG@10", "Recall@100")
    for side, value in report.quality.items():
        quality.add_row(side, f"{value.ndcg_at_10:.4f}", f"{value.recall_at_100:.4f}")
    console.print(quality)
    latency = Table("Stage", "P50 ms", "P95 ms")
    for stage, time in report.latency_milliseconds.items():
        latency.add_row(stage, f"{time.p50:.2f}", f"{time.p95:.2f}")
    console.print(latency)


def _print_sample(report: SampleReport) -> None:
    console = Console()
    wrong = Table("Id", "Kind", "Passage", "Fact", "Refused", "Question", "Answer")
    for result in report.results:
        right = result.passage_found and result.fact_found and not result.abstained
        if right if result.answerable else result.abstained:
            continue
        flags = ["yes" if flag else "no" for flag in (result.passage_found, result.fact_found, result.abstained)]
        wrong.add_row(result.question_id, result.kind, *flags, result.question, result.answer)
    console.print(wrong)
    console.print(
        f"right passage in the top 5: {report.passages_in_top_5:.1%} of {report.answerable}\n"
        f"gold fact in the answer:    {report.facts_in_answer:.1%} of {report.answerable}\n"
        f"right abstentions:          {report.right_abstentions} of {report.unanswerable}\n"
        f"wrong refusals:             {report.wrong_refusals} of {report.answerable}\n"
        f"first token P95:            {report.first_token_p95_milliseconds:.0f} ms",
        highlight=False,
    )
