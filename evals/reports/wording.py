"""The headline figures of a report in words, and its charts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evals.datasets.questions import EvalQuestion
from evals.reports.charts import Bar, bars, curve
from evals.runs.records import QuestionRecord, RunRecord
from evals.runs.scoring import is_right
from rag.answers import AbstentionReason

_STAGE_NAMES = {"bm25": "BM25", "dense": "dense", "fused": "fused", "reranked": "reranked", "found": "at the end"}
_HEADLINES = (
    ("usefulness", "is how useful the answers are: complete, at once, without padding"),
    ("right_at_once", "of the questions that one sentence answers are answered by the first"),
    ("fact_recall", "of the gold facts are stated"),
    ("recall@5/found", "of the gold passages are in the top 5"),
    ("citation_recall", "of the gold passages are cited"),
    ("abstention_recall", "of the questions without an answer are refused"),
    ("wrong_refusal", "of the questions with an answer are refused"),
    ("ragas/faithfulness", "of the claims are faithful, says the judge"),
)


_REFUSED = "Refused."
_REFUSALS = {
    AbstentionReason.EMPTY_COLLECTION.value: "Refused: the collection has no documents. Upload some first.",
    AbstentionReason.NOTHING_FOUND.value: "Refused: nothing found. Upload a document about it, or ask in other words.",
    AbstentionReason.WEAK_SUPPORT.value: "Refused: what was found does not clearly answer it. Ask more precisely.",
    AbstentionReason.MODEL_DECLINED.value: "Refused: the model saw no answer in what was found. Try a larger model.",
    AbstentionReason.AGAINST_POLICY.value: "Refused: the guard's rules forbid it. Ask it in other words.",
    AbstentionReason.UNSUPPORTED.value: "Refused: no passage supports what the model wrote. Try a larger model.",
}
_SENTENCE_END = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A headline figure."""

    value: str
    label: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart with its caption."""

    svg: Markup
    caption: str


def headlines_of(run: RunRecord, records: Sequence[QuestionRecord]) -> list[Headline]:
    """Returns the headline figures that were measured, right answers first."""
    right = sum(map(is_right, records))
    found = [
        Headline(
            value=f"{right} of {len(records)}" if records else "–",
            label="questions came out right",
            words=_percent(right / len(records)) if records else "",
        )
    ]
    for metric, label in _HEADLINES:
        figure = run.figures.get(metric)
        if figure is not None and (figure.count or figure.not_computed):
            interval = f"{_percent(figure.low)} to {_percent(figure.high)}, {figure.count} questions"
            missing = f"; {figure.not_computed} not computed" if figure.not_computed else ""
            value = _percent(figure.mean) if figure.count else "–"
            found.append(Headline(value=value, label=label, words=interval + missing))
    if "total" in run.milliseconds:
        taken = run.milliseconds["total"]
        value, words = f"{taken.p95:,.0f} ms", f"P95 of a whole answer; P50 {taken.p50:,.0f} ms"
        found.append(Headline(value=value, label="or less for 19 answers of 20", words=words))
    return found


def charts_of(run: RunRecord, records: Sequence[QuestionRecord]) -> list[Chart]:
    """Returns the charts that the run has figures for."""
    made = [_funnel(run, "recall@5", "Gold passages in the top 5, by stage"), _facts(run), _coverage(records)]
    return [chart for chart in (*made, _latency(run)) if chart is not None]


def expected(question: EvalQuestion) -> str:
    """Returns the right answer in words."""
    if not question.answerable:
        return "No answer: the documents do not say."
    return "; ".join(" or ".join(fact) for fact in question.facts) or "What the gold passage says."


def given(record: QuestionRecord) -> str:
    """Returns the given answer, refusal or failure in words."""
    if record.error is not None:
        return f"Failed: {_plain(record.error)}"
    return _REFUSALS.get(record.abstention, _REFUSED) if record.abstention else record.answer


def _plain(error: str) -> str:
    """Returns an error without its code, and without the sentences that name a setting."""
    sentences = _SENTENCE_END.split(error.partition(": ")[2] or error)
    return " ".join(each for each in sentences if "CITEWELL_" not in each)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share in (0.0, 1.0) else f"{100 * share:.1f} %"


def _funnel(run: RunRecord, metric: str, caption: str) -> Chart | None:
    rows = [
        Bar(label=name, value=figure.mean, words=f"{figure.mean:.3f}", low=figure.low, high=figure.high)
        for stage, name in _STAGE_NAMES.items()
        if (figure := run.figures.get(f"{metric}/{stage}")) is not None
    ]
    return Chart(svg=bars(caption, rows, top=1.0), caption=f"{caption}, with 95 % intervals") if rows else None


def _facts(run: RunRecord) -> Chart | None:
    names = (
        ("facts/passages", "passages hold"),
        ("facts/compressed", "compressed hold"),
        ("fact_recall", "answer states"),
    )
    rows = [
        Bar(label=name, value=figure.mean, words=f"{figure.mean:.3f}", low=figure.low, high=figure.high)
        for metric, name in names
        if (figure := run.figures.get(metric)) is not None
    ]
    given_up = run.figures.get("tokens_given_up")
    tail = f"; compression gave up {_percent(given_up.mean)} of the tokens" if given_up and given_up.count else ""
    caption = "Where gold facts are lost"
    return Chart(svg=bars(caption, rows, top=1.0), caption=caption + tail) if rows else None


def _coverage(records: Sequence[QuestionRecord]) -> Chart | None:
    """Plots the share of right answers if only questions with the best passage scores had been answered."""
    answered = [record for record in records if record.error is None and record.abstention is None and record.passages]
    surest_first = sorted(answered, key=lambda record: -max(passage.score for passage in record.passages))
    if len(surest_first) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    right, points = 0, []
    for number, record in enumerate(surest_first, start=1):
        right += is_right(record)
        points.append((number / len(records), right / number))
    caption = "Had fewer been answered, the surest first"
    return Chart(svg=curve(caption, points, across="share of the questions answered", up="right"), caption=caption)


def _latency(run: RunRecord) -> Chart | None:
    stages = [(stage, taken) for stage, taken in run.milliseconds.items() if stage not in ("total", "first token")]
    top = max((taken.p95 for _, taken in stages), default=0.0)
    rows = [
        Bar(
            label=stage.replace("_", " "),
            value=taken.p50,
            words=f"{taken.p50:,.0f} / {taken.p95:,.0f}",
            low=taken.p50,
            high=taken.p95,
        )
        for stage, taken in stages
    ]
    caption = "Milliseconds by stage, P50 / P95"
    return Chart(svg=bars(caption, rows, top=top), caption=caption) if rows and top else None
