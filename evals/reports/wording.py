"""The headline figures of a report in words, and its charts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evals.datasets.questions import EvalQuestion
from evals.reports.charts import Bar, bars, curve
from evals.reports.words import ReportWords
from evals.runs.records import Figure, QuestionRecord, RunRecord
from evals.runs.scoring import is_right

_STAGES = ("bm25", "dense", "fused", "reranked", "found")
_HEADLINES = {
    "usefulness": "usefulness",
    "right_at_once": "right_at_once",
    "fact_recall": "fact_recall",
    "recall@5/found": "recall_5",
    "citation_recall": "citation_recall",
    "abstention_recall": "abstention_recall",
    "wrong_refusal": "wrong_refusal",
    "ragas/faithfulness": "faithfulness",
}
"""The metrics of the headlines, and the keys of their words."""
_FACTS = {"facts/passages": "facts_passages", "facts/compressed": "facts_compressed", "fact_recall": "facts_answer"}
_SENTENCE_END = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A headline figure; ``metric`` is its technical name."""

    metric: str = ""
    value: str
    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart with its caption."""

    svg: Markup
    caption: str


def headlines_of(run: RunRecord, records: Sequence[QuestionRecord], words: ReportWords) -> list[Headline]:
    """Returns the headline figures that were measured, right answers first."""
    right = sum(map(is_right, records))
    found = [
        Headline(
            value=words("right_of", right=right, count=len(records)) if records else "–",
            label=words("right_label"),
            words=words.percent(right / len(records)) if records else "",
        )
    ]
    for metric, key in _HEADLINES.items():
        figure = run.figures.get(metric)
        if figure is not None and (figure.count or figure.not_computed):
            value = words.percent(figure.mean) if figure.count else "–"
            found.append(Headline(metric=metric, value=value, label=words(key), words=_certainty(figure, words)))
    if "total" in run.milliseconds:
        taken = run.milliseconds["total"]
        value = words("total_milliseconds", value=words.number(taken.p95))
        told = words("total_words", value=words.number(taken.p50))
        found.append(Headline(value=value, label=words("total"), words=told))
    return found


def charts_of(run: RunRecord, records: Sequence[QuestionRecord], words: ReportWords) -> list[Chart]:
    """Returns the charts that the run has figures for."""
    made = [_funnel(run, words), _facts(run, words), _coverage(records, words), _latency(run, words)]
    return [chart for chart in made if chart is not None]


def expected(question: EvalQuestion, words: ReportWords) -> str:
    """Returns the right answer in words."""
    if not question.answerable:
        return words("expected_none")
    return "; ".join(" / ".join(fact) for fact in question.facts) or words("expected_passage")


def given(record: QuestionRecord, words: ReportWords) -> str:
    """Returns the given answer, refusal or failure in words."""
    if record.error is not None:
        return words("failed", reason=_plain(record.error))
    if not record.abstention:
        return record.answer
    key = f"refused_{record.abstention}"
    return words(key if words.has(key) else "refused_said")


def step_name(stage: str, words: ReportWords) -> str:
    """Returns the name of a step of answering."""
    key = f"step_{stage.replace(' ', '_')}"
    return words(key) if words.has(key) else stage.replace("_", " ")


def _plain(error: str) -> str:
    """Returns an error without its code, and without the sentences that name a setting."""
    sentences = _SENTENCE_END.split(error.partition(": ")[2] or error)
    return " ".join(each for each in sentences if "CITEWELL_" not in each)


def _certainty(figure: Figure, words: ReportWords) -> str:
    low, high = words.percent(figure.low), words.percent(figure.high)
    told = words("range_questions", low=low, high=high, count=figure.count)
    return words("not_computed_count", words=told, count=figure.not_computed) if figure.not_computed else told


def _bar(label: str, figure: Figure, words: ReportWords) -> Bar:
    return Bar(label=label, value=figure.mean, words=words.number(figure.mean, 3), low=figure.low, high=figure.high)


def _funnel(run: RunRecord, words: ReportWords) -> Chart | None:
    caption = words("chart_passages")
    rows = [
        _bar(words(f"stage_{stage}"), figure, words)
        for stage in _STAGES
        if (figure := run.figures.get(f"recall@5/{stage}")) is not None
    ]
    told = words("chart_intervals", caption=caption)
    return Chart(svg=bars(caption, rows, top=1.0), caption=told) if rows else None


def _facts(run: RunRecord, words: ReportWords) -> Chart | None:
    rows = [
        _bar(words(key), figure, words)
        for metric, key in _FACTS.items()
        if (figure := run.figures.get(metric)) is not None
    ]
    given_up, caption = run.figures.get("tokens_given_up"), words("chart_facts")
    told = caption
    if given_up and given_up.count:
        told = words("chart_facts_given_up", share=words.percent(given_up.mean))
    return Chart(svg=bars(caption, rows, top=1.0), caption=told) if rows else None


def _coverage(records: Sequence[QuestionRecord], words: ReportWords) -> Chart | None:
    """Plots the share of right answers if only questions with the best passage scores had been answered."""
    answered = [record for record in records if record.error is None and record.abstention is None and record.passages]
    surest_first = sorted(answered, key=lambda record: -max(passage.score for passage in record.passages))
    if len(surest_first) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    right, points = 0, []
    for number, record in enumerate(surest_first, start=1):
        right += is_right(record)
        points.append((number / len(records), right / number))
    caption = words("chart_confidence")
    drawn = curve(caption, points, across=words("chart_confidence_across"), up=words("chart_confidence_up"))
    return Chart(svg=drawn, caption=caption)


def _latency(run: RunRecord, words: ReportWords) -> Chart | None:
    stages = [(stage, taken) for stage, taken in run.milliseconds.items() if stage not in ("total", "first token")]
    top = max((taken.p95 for _, taken in stages), default=0.0)
    rows = [
        Bar(
            label=step_name(stage, words),
            value=taken.p50,
            words=f"{words.number(taken.p50)} / {words.number(taken.p95)}",
            low=taken.p50,
            high=taken.p95,
        )
        for stage, taken in stages
    ]
    caption = words("chart_milliseconds")
    return Chart(svg=bars(caption, rows, top=top), caption=caption) if rows and top else None
