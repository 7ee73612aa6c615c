"""Shows what was measured of verification and of what users see, in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from evals.studies.generation import GenerationReport
from evals.studies.verification.cases import SUPPORTED
from evals.studies.verification.run import VerificationReport


def print_verification(report: VerificationReport) -> None:
    """Prints quality, the paired difference, and how each kind of claim fared."""
    console = Console()
    quality = Table(f"{report.cases:,} claims", "Precision", "Recall", "Accuracy")
    for name, of in (("verification", report.verification), ("plain check", report.plain)):
        quality.add_row(name, f"{of.precision:.3f}", f"{of.recall:.3f}", f"{of.accuracy:.3f}")
    console.print(quality)
    gain = report.accuracy_gain
    console.print(f"accuracy gained: {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})", highlight=False)
    kinds = Table("Claim", "Supported", "Cases", "Called supported", "By the plain check")
    for kind, (cases, share, plain) in report.kinds.items():
        kinds.add_row(kind, "yes" if kind in SUPPORTED else "no", f"{cases:,}", f"{share:.1%}", f"{plain:.1%}")
    console.print(kinds)


def print_generation(report: GenerationReport) -> None:
    """Prints what users see by way to answer."""
    table = Table(f"{report.generator}, {report.questions} questions", "Right", "Wrong", "Silent", "Facts", "Invented")
    for way, of in report.ways.items():
        shares = (f"{share:.1%}" for share in (of.right, of.wrong, of.silent))
        table.add_row(way, *shares, f"{of.facts:,}", f"{of.invented_facts:.1%}")
    Console().print(table)
