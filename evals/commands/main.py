"""``citewell eval``: measures quality by command."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from evals.commands.datasets import app as dataset_app
from evals.commands.feedback import ab, from_feedback
from evals.commands.progress import progress_bars
from evals.commands.reports import compare, delete, report, runs
from evals.commands.runs import gate, judge, log, public, run, sweep
from evals.commands.search_reports import print_compression, print_fusion, print_retrieval
from evals.datasets.dataset import RetrievalSet
from evals.datasets.readers.beir import read_beir
from evals.datasets.readers.public_sets import (
    SQUAD2,
    XQUAD_ZH,
    is_test_article,
    public_sets,
    read_public_set,
    with_articles,
)
from evals.datasets.readers.squad import read_squad
from evals.runs.retrieval import evaluate_retrieval
from evals.studies.abstention.curve import abstention_report, print_abstention
from evals.studies.abstention.questions import ask_questions
from evals.studies.compression import evaluate_compression
from evals.studies.fusion import choose_fusion
from evals.studies.generation import evaluate_generation, print_generation
from evals.studies.token_estimate import evaluate_estimate
from evals.studies.verification.cases import cases_of
from evals.studies.verification.run import evaluate_verification, print_verification
from rag.answering.abstention import LEXICAL, SEMANTIC
from rag.settings import load_settings
from rag.text.tokens import TokenizerFile

app = typer.Typer(help="Measure quality.", no_args_is_help=True)
for command in (run, runs, judge, report, compare, delete, gate, sweep, public, log, ab):
    app.command()(command)
dataset_app.command("from-feedback")(from_feedback)
app.add_typer(dataset_app, name="dataset")
Sets = Annotated[
    list[str] | None,
    typer.Option(help="A public set by name, or a folder in the BEIR layout; again for more. Default: all sets."),
]
Data = Annotated[Path, typer.Option(envvar="CITEWELL_DATA", help="The folder of the public sets.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def retrieval(
    dataset: Sets = None,
    data: Data = Path("../shared/data"),
    *,
    as_json: Json = False,
) -> None:
    """Measure BM25, dense, fused and reranked search, stage by stage."""
    reports = []
    for name in dataset or public_sets():
        chosen = _read(name, data)
        with progress_bars(quiet=as_json, about=chosen.name) as report_progress:
            reports.append(asyncio.run(evaluate_retrieval(chosen, load_settings(), on_progress=report_progress)))
    if as_json:
        typer.echo(json.dumps([report.to_json() for report in reports], indent=2))
    else:
        print_retrieval(reports)


@app.command()
def fusion(
    dataset: Sets = None,
    data: Data = Path("../shared/data"),
    queries: Annotated[int, typer.Option(help="How many questions of each set.")] = 100,
) -> None:
    """Compare ways to fuse BM25 and dense search, and check the choice on the set left out."""
    sets = [_read(name, data) for name in dataset or public_sets()]
    with progress_bars(quiet=False) as report_progress:
        run = choose_fusion(sets, load_settings(), queries=queries, on_progress=report_progress)
        choice = asyncio.run(run)
    print_fusion(choice)


@app.command()
def compression(
    data: Data = Path("../shared/data"),
    queries: Annotated[int, typer.Option(help="How many questions of each set.")] = 300,
    others: Annotated[int, typer.Option(help="Articles without questions, beside those of SQuAD 2.0.")] = 40,
) -> None:
    """Measure how many tokens compression gives up, and how many answers with them."""
    squad2 = with_articles(read_public_set("squad2", data), data, others=others)
    for chosen in (squad2, read_public_set("hotpotqa", data)):
        with progress_bars(quiet=False, about=chosen.name) as report_progress:
            run = evaluate_compression(chosen, load_settings(), queries=queries, on_progress=report_progress)
            report = asyncio.run(run)
        print_compression(report)


@app.command()
def tokens(
    tokenizer: Annotated[Path, typer.Option(help="A model's tokenizer.json, or its folder.")],
    dataset: Sets = None,
    data: Data = Path("../shared/data"),
) -> None:
    """Compare the estimate of tokens, which a server that cannot count is served by, with a model's tokenizer."""
    counter = TokenizerFile(tokenizer)
    for name in dataset or public_sets():
        typer.echo(json.dumps(asdict(evaluate_estimate(_read(name, data), counter))))


@app.command()
def abstention(
    data: Data = Path("../shared/data"),
    questions: Annotated[int, typer.Option(help="How many questions of each kind.")] = 400,
    *,
    lexical: Annotated[bool, typer.Option("--lexical", help="On XQuAD zh, without what the encoder says.")] = False,
    fit: Annotated[bool, typer.Option("--fit", help="Fit model and thresholds on the training articles.")] = False,
    as_json: Json = False,
) -> None:
    """Measure how often the service answers, and how often wrongly, on SQuAD 2.0's test articles."""
    squad = read_squad(data / (XQUAD_ZH if lexical else SQUAD2))
    chosen = (lambda article: not is_test_article(article)) if fit else is_test_article
    with progress_bars(quiet=as_json) as report_progress:
        run = ask_questions(squad, chosen, load_settings(), sample=questions, on_progress=report_progress)
        asked = asyncio.run(run)
    if fit:
        from evals.studies.abstention.fit import fit_abstention  # noqa: PLC0415 - needs scikit-learn, a development dependency

        typer.echo(json.dumps(asdict(fit_abstention(asked, lexical=lexical)), indent=2))
        return
    report = abstention_report(asked, LEXICAL if lexical else SEMANTIC)
    typer.echo(json.dumps(report.to_json(), indent=2)) if as_json else print_abstention(report)


@app.command()
def verification(
    data: Data = Path("../shared/data"),
    cases: Annotated[int, typer.Option(help="How many claims.")] = 4_000,
    *,
    fit: Annotated[bool, typer.Option("--fit", help="Fit the model on the training articles.")] = False,
    as_json: Json = False,
) -> None:
    """Measure how well supported claims are told from others, on SQuAD 2.0's test articles and edits of them."""
    squad = read_squad(data / SQUAD2)
    chosen = cases_of(squad, (lambda article: not is_test_article(article)) if fit else is_test_article)
    with progress_bars(quiet=as_json) as report_progress:
        if fit:
            from evals.studies.verification.fit import fit_support  # noqa: PLC0415 - scikit-learn, a development dependency

            fits = fit_support(chosen, load_settings(), sample=cases, on_progress=report_progress)
            typer.echo(json.dumps({name: asdict(each) for name, each in fits.items()}, indent=2))
            return
        report = evaluate_verification(chosen, load_settings(), sample=cases, on_progress=report_progress)
    typer.echo(json.dumps(report.to_json(), indent=2)) if as_json else print_verification(report)


@app.command()
def generation(
    data: Data = Path("../shared/data"),
    questions: Annotated[int, typer.Option(help="How many questions; half of them have no answer.")] = 200,
    *,
    as_json: Json = False,
) -> None:
    """Measure what users see of the configured model's answers, with verification and without."""
    squad = read_squad(data / SQUAD2)
    with progress_bars(quiet=as_json) as report_progress:
        run = evaluate_generation(
            squad, is_test_article, load_settings(), questions=questions, on_progress=report_progress
        )
        report = asyncio.run(run)
    typer.echo(json.dumps(report.to_json(), indent=2)) if as_json else print_generation(report)


def _read(name: str, data: Path) -> RetrievalSet:
    return read_beir(Path(name)) if Path(name).is_dir() else read_public_set(name, data)
