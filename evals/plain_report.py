"""A run as a plain page of tables."""

from __future__ import annotations

import html
from collections.abc import Sequence

from evals.runs.records import QuestionRecord, RunRecord


def report_page(run: RunRecord, records: Sequence[QuestionRecord]) -> str:
    """Returns the figures and the questions as plain tables."""
    figures = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{figure.mean:.3f}</td><td>{figure.low:.3f} to {figure.high:.3f}</td></tr>"
        for name, figure in run.figures.items()
    )
    asked = "".join(
        f"<tr><td>{html.escape(record.question.question)}</td>"
        f"<td>{html.escape(record.error or record.answer)}</td></tr>"
        for record in records
    )
    title = html.escape(f"{run.dataset}: {run.state}")
    failure = f"<p>{html.escape(run.failure)}</p>" if run.failure else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>{failure}'
        f"<table>{figures}</table><table>{asked}</table></html>"
    )
