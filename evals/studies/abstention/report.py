"""Shows what was measured of abstention, in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from evals.studies.abstention.curve import AbstentionReport


def print_abstention(report: AbstentionReport) -> None:
    """Prints coverage and accuracy by target."""
    table = Table(
        *("Target: wrong at most", "Threshold", "Answered", "Wrong of those"),
        *("Answerable: answered", "Others: refused"),
    )
    for point in report.points:
        shares = (point.answered, point.wrong, point.answered_of_answerable, point.refused_of_unanswerable)
        table.add_row(f"{point.target_error:.0%}", f"{point.threshold:.3f}", *(f"{share:.1%}" for share in shares))
    console = Console()
    console.print(table)
    console.print(
        f"{report.questions} questions, {report.answerable} of them answerable; AUC {report.auc:.3f}", highlight=False
    )
