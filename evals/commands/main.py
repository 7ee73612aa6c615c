"""``citewell eval``: measures quality by command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rag.terminal.lazy_group import LazyCommand, LazyGroup, plain_app


class _Evaluations(LazyGroup):
    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {
        "run": LazyCommand("evals.commands.runs:run", "Ask a dataset's questions, score the answers, keep the run."),
        "runs": LazyCommand("evals.commands.reports:runs", "List the runs, newest first."),
        "judge": LazyCommand("evals.commands.runs:judge", "Score a kept run with Ragas; nothing is asked again."),
        "report": LazyCommand("evals.commands.reports:report", "Write the report of a run as one HTML file."),
        "compare": LazyCommand("evals.commands.reports:compare", "Compare two runs question by question."),
        "delete": LazyCommand("evals.commands.reports:delete", "Delete runs with their questions and answers."),
        "gate": LazyCommand("evals.commands.runs:gate", "Hold a run against thresholds."),
        "sweep": LazyCommand("evals.commands.runs:sweep", "Run every combination of some settings."),
        "public": LazyCommand("evals.commands.runs:public", "Measure on the public sets, as one table."),
        "log": LazyCommand("evals.commands.runs:log", "Log a run to Weights & Biases or MLflow."),
        "ab": LazyCommand("evals.commands.reports:ab", "Compare the two configurations of an experiment."),
        "retrieval": LazyCommand("evals.commands.studies:retrieval", "Measure search, stage by stage."),
        "fusion": LazyCommand("evals.commands.studies:fusion", "Compare ways to fuse BM25 and dense search."),
        "compression": LazyCommand("evals.commands.studies:compression", "Measure what compression gives up."),
        "tokens": LazyCommand("evals.commands.studies:tokens", "Compare the estimate of tokens with a tokenizer."),
        "abstention": LazyCommand("evals.commands.studies:abstention", "Measure how often wrong answers are given."),
        "verification": LazyCommand("evals.commands.studies:verification", "Measure the check of claims."),
        "personal-data": LazyCommand(
            "evals.commands.personal_data:personal_data", "Measure how much personal data is found."
        ),
        "parsing": LazyCommand("evals.commands.parsing:parsing", "Measure how well documents are read."),
        "generation": LazyCommand("evals.commands.studies:generation", "Measure the configured model's answers."),
        "guard": LazyCommand("evals.commands.guard:guard", "Measure attacks in documents, and what the guard costs."),
        "dataset": LazyCommand("evals.commands.datasets:app", "Prepare questions."),
    }


app = plain_app("Measure quality.", _Evaluations)


@app.callback()
def _options() -> None:
    """Makes typer build a group, though no command is registered."""
