"""``citewell eval retrieval`` and other studies of one part, which chose its defaults."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.commands.options import DATA, Data
from evals.studies.abstention.languages import Languages
from rag.settings import load_settings
from rag.terminal.options import Json
from rag.terminal.output import print_json, progress_bars

if TYPE_CHECKING:
    from evals.datasets.dataset import RetrievalSet

Sets = Annotated[
    list[str] | None,
    typer.Option(help="A public set by name, or a folder in the BEIR layout; repeatable. Default: all sets."),
]


def retrieval(
    dataset: Sets = None,
    data: Data = DATA,
    *,
    as_json: Json = False,
) -> None:
    """Measure search, stage by stage.

    BM25, dense, fused and reranked search.
    """
    from evals.commands.search_reports import print_retrieval
    from evals.datasets.readers.public_sets import public_sets
    from evals.runs.retrieval import evaluate_retrieval

    reports = []
    for name in dataset or public_sets():
        chosen = _read(name, data)
        with progress_bars(shown=not as_json, about=chosen.name) as report_progress:
            reports.append(asyncio.run(evaluate_retrieval(chosen, load_settings(), on_progress=report_progress)))
    if as_json:
        print_json([report.to_json() for report in reports])
    else:
        print_retrieval(reports)


def fusion(
    dataset: Sets = None,
    data: Data = DATA,
    queries: Annotated[int, typer.Option(help="How many questions of each set.")] = 100,
) -> None:
    """Compare ways to fuse BM25 and dense search.

    The way that the other sets choose is checked on the set that was left out.
    """
    from evals.commands.search_reports import print_fusion
    from evals.datasets.readers.public_sets import public_sets
    from evals.studies.fusion import choose_fusion

    sets = [_read(name, data) for name in dataset or public_sets()]
    with progress_bars() as report_progress:
        run = choose_fusion(sets, load_settings(), queries=queries, on_progress=report_progress)
        choice = asyncio.run(run)
    print_fusion(choice)


def compression(
    data: Data = DATA,
    queries: Annotated[int, typer.Option(help="How many questions of each set.")] = 300,
    others: Annotated[int, typer.Option(help="Articles without questions, beside those of SQuAD 2.0.")] = 40,
) -> None:
    """Measure what compression gives up.

    Tokens, and answers that are lost with them.
    """
    from evals.commands.search_reports import print_compression
    from evals.datasets.readers.public_sets import read_public_set, with_articles
    from evals.studies.compression import evaluate_compression

    squad2 = with_articles(read_public_set("squad2", data), data, others=others)
    for chosen in (squad2, read_public_set("hotpotqa", data)):
        with progress_bars(about=chosen.name) as report_progress:
            run = evaluate_compression(chosen, load_settings(), queries=queries, on_progress=report_progress)
            report = asyncio.run(run)
        print_compression(report)


def tokens(
    tokenizer: Annotated[Path, typer.Option(help="A model's tokenizer.json, or its folder.")],
    dataset: Sets = None,
    data: Data = DATA,
) -> None:
    """Compare the estimate of tokens with a tokenizer.

    The estimate serves model servers that cannot count tokens.
    """
    from evals.datasets.readers.public_sets import public_sets
    from evals.studies.token_estimate import evaluate_estimate
    from rag.text.tokens import TokenizerFile

    counter = TokenizerFile(tokenizer)
    for name in dataset or public_sets():
        typer.echo(json.dumps(asdict(evaluate_estimate(_read(name, data), counter))))


def abstention(
    data: Data = DATA,
    questions: Annotated[int, typer.Option(help="How many questions of each kind.")] = 400,
    *,
    languages: Annotated[Languages, typer.Option(help="Questions in the passages' language or another.")] = (
        Languages.SAME
    ),
    fit: Annotated[bool, typer.Option("--fit", help="Fit model and thresholds on the training articles.")] = False,
    as_json: Json = False,
) -> None:
    """Measure how often wrong answers are given.

    On SQuAD 2.0's test articles, or XQuAD's over its Chinese passages, with the share of questions that are answered.
    """
    from evals.datasets.readers.public_sets import is_test_article
    from evals.studies.abstention.curve import abstention_report, print_abstention
    from evals.studies.abstention.questions import ask_questions, read_questions

    squad = read_questions(data, languages)
    chosen = (lambda article: not is_test_article(article)) if fit else is_test_article
    with progress_bars(shown=not as_json) as report_progress:
        run = ask_questions(squad, chosen, load_settings(), sample=questions, on_progress=report_progress)
        calibration, asked = asyncio.run(run)
    models = calibration.abstention
    chosen_model = {Languages.CJK: models.cjk, Languages.OTHER: models.other_language}.get(languages)
    if fit:
        from evals.studies.abstention.fit import fit_abstention

        # Where words have likenesses, their cover says nothing more; in Chinese a run of characters is no word.
        left_out = {"cover"} if languages is Languages.SAME and models.same_language.weights.words else {"words"}
        if languages is Languages.CJK and not calibration.knows_cjk:
            left_out |= {"cosine"}
        print_json(asdict(fit_abstention(asked, left_out=frozenset(left_out))))
        return
    report = abstention_report(asked, chosen_model or models.same_language)
    print_json(report.to_json()) if as_json else print_abstention(report)


def verification(
    data: Data = DATA,
    cases: Annotated[int, typer.Option(help="How many claims.")] = 4_000,
    *,
    fit: Annotated[bool, typer.Option("--fit", help="Fit the model on the training articles.")] = False,
    as_json: Json = False,
) -> None:
    """Measure the check of claims.

    Whether it tells supported claims from others, on SQuAD 2.0's test articles and edits of them.
    """
    from evals.datasets.readers.public_sets import SQUAD2, is_test_article, public_file
    from evals.datasets.readers.squad import read_squad
    from evals.studies.verification.cases import cases_of
    from evals.studies.verification.run import evaluate_verification, print_verification

    squad = read_squad(public_file(data, SQUAD2))
    chosen = cases_of(squad, (lambda article: not is_test_article(article)) if fit else is_test_article)
    with progress_bars(shown=not as_json) as report_progress:
        if fit:
            from evals.studies.verification.fit import fit_support

            fits = fit_support(chosen, load_settings(), sample=cases, on_progress=report_progress)
            print_json({name: asdict(each) for name, each in fits.items()})
            return
        report = evaluate_verification(chosen, load_settings(), sample=cases, on_progress=report_progress)
    print_json(report.to_json()) if as_json else print_verification(report)


def generation(
    data: Data = DATA,
    questions: Annotated[int, typer.Option(help="How many questions; half of them have no answer.")] = 200,
    *,
    as_json: Json = False,
) -> None:
    """Measure the configured model's answers.

    As users see them, with verification and without.
    """
    from evals.datasets.readers.public_sets import SQUAD2, is_test_article, public_file
    from evals.datasets.readers.squad import read_squad
    from evals.studies.generation import evaluate_generation, print_generation

    squad = read_squad(public_file(data, SQUAD2))
    with progress_bars(shown=not as_json) as report_progress:
        run = evaluate_generation(
            squad, is_test_article, load_settings(), questions=questions, on_progress=report_progress
        )
        report = asyncio.run(run)
    print_json(report.to_json()) if as_json else print_generation(report)


def _read(name: str, data: Path) -> RetrievalSet:
    from evals.datasets.readers.beir import read_beir
    from evals.datasets.readers.public_sets import read_public_set

    return read_beir(Path(name)) if Path(name).is_dir() else read_public_set(name, data)
