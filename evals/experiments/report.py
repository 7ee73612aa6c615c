"""Prints the comparison of an experiment's arms."""

from __future__ import annotations

from evals.experiments.arms import ArmFigures, ArmsReport, Shadows
from evals.experiments.sequential import Interval
from rag.terminal.output import print_table, say


def print_report(report: ArmsReport) -> None:
    """Prints both arms, the differences with their 95 % intervals, and whether the experiment may stop."""
    control, treatment = _column(report.control), _column(report.treatment)
    differences = {
        "Thumbs up (at every look)": _points(report.up),
        "Abstentions (at every look)": _points(report.abstained),
        "P50 ms, written anew": _words(report.p50_milliseconds, ".0f"),
        "P95 ms, written anew": _words(report.p95_milliseconds, ".0f"),
        "Cost": _words(report.mean_cost, ".6f"),
    }
    rows = [(name, shown, treatment[name], differences.get(name, "")) for name, shown in control.items()]
    print_table(("", "Control", "Treatment", "Difference, 95 %"), rows, title=f"Experiment {report.experiment}")
    if report.shadows is not None:
        say(_shadow_words(report.shadows))
    say(f"{'Stop: it differs.' if report.may_stop else 'Go on.'} {report.rule}")


def _column(arm: ArmFigures) -> dict[str, str]:
    thumbs = f"{arm.thumbs_up} of {arm.thumbs} ({arm.up_interval.low:.0%} to {arm.up_interval.high:.0%})"
    return {
        "Answers (from the cache)": f"{arm.answers} ({arm.cached})",
        "Thumbs up (at every look)": thumbs if arm.thumbs else "-",
        "Abstentions (at every look)": str(arm.abstentions),
        "P50 ms, written anew": _number(arm.p50_milliseconds),
        "P95 ms, written anew": _number(arm.p95_milliseconds),
        "Cost": ", ".join(f"{spent:.4f} {currency}" for currency, spent in arm.costs.items()) or "-",
    }


def _shadow_words(shadows: Shadows) -> str:
    return (
        f"{shadows.pairs} shadows: {shadows.same_abstention} abstained or answered as the usual answer did, "
        f"{shadows.different_answers} had other words; mean ms more: {_words(shadows.milliseconds, '.0f')}; "
        f"mean cost more: {_words(shadows.cost, '.6f')}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _points(interval: Interval) -> str:
    return f"{interval.low:+.0%} to {interval.high:+.0%}"


def _words(interval: Interval | None, form: str) -> str:
    return "-" if interval is None else f"{interval.low:{form}} to {interval.high:{form}}"
