"""``citewell eval dataset from-feedback`` and ``citewell eval ab``: what real questions tell."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from evals.datasets.questions import write_questions
from evals.experiments.arms import compare_arms
from evals.experiments.from_feedback import NEEDS_REVIEW, accepted_from, questions_from, read_answers
from evals.experiments.report import print_report
from rag.errors import ConfigurationError
from rag.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def from_feedback(
    out: Annotated[Path, typer.Option(help="The file to write, JSON Lines.")],
    *,
    training: Annotated[
        bool, typer.Option("--training", help="Lines for 'citewell train reranker --feedback' instead.")
    ] = False,
) -> None:
    """Make a dataset of the questions that people asked and judged."""
    judged = read_answers(load_settings())
    if training:
        lines = [accepted.model_dump_json() for accepted in accepted_from(judged)]
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        typer.echo(f"{len(lines)} accepted quotes in {out}")
        return
    questions = tuple(questions_from(judged))
    write_questions(out, questions)
    unsure = sum(NEEDS_REVIEW in question.tags for question in questions)
    typer.echo(f"{len(questions)} questions in {out}; {unsure} are tagged {NEEDS_REVIEW}")


def ab(
    experiment: Annotated[str | None, typer.Option(help="Its name; by default that of the settings.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Compare the two configurations of an experiment on the questions that they answered in service."""
    settings = load_settings()
    name = experiment or settings.experiment.name
    if not name:
        raise ConfigurationError("Which experiment? Name it with --experiment, or set CITEWELL_EXPERIMENT__NAME.")
    report = compare_arms(name, read_answers(settings, experiment=name))
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
    else:
        print_report(report)
