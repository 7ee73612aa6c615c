"""The HTML reports: of a run, and of a comparison of two runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from evals.datasets.questions import EvalQuestion
from evals.reports.charts import forest
from evals.reports.wording import Headline, charts_of, expected, given, headlines_of
from evals.runs.comparison import Comparison
from evals.runs.records import Figure, PassageRecord, QuestionRecord, RunRecord
from evals.runs.scoring import is_right

_FOLDER = Path(__file__).parent
_MOST_WRONG = 40
_TAG_METRICS = (
    ("recall@5/found", "Passage found"),
    ("fact_recall", "Facts stated"),
    ("citation_precision", "Citations right"),
    ("wrong_refusal", "Wrongly refused"),
    ("abstention_recall", "Rightly refused"),
)
_COMPARED = (
    *("recall@5/found", "ndcg@10/found", "facts/compressed", "fact_recall", "exact_match", "f1"),
    *("citation_precision", "citation_recall", "supported_sentences", "claims_supported", "edits_refused"),
    *("answered", "wrong_refusal", "abstention_precision", "abstention_recall", "misled"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A passage in the report."""

    number: int
    name: str
    page: int | None
    gold: bool
    text: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrong:
    """A wrongly answered question with its passages."""

    record: QuestionRecord
    fault: str
    expected: str
    given: str
    passages: tuple[_Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TagRow:
    tag: str
    count: int
    figures: tuple[Figure | None, ...]


def run_report(run: RunRecord, records: Sequence[QuestionRecord]) -> str:
    """Returns the report of a run, finished or not; the page loads nothing and has no script."""
    wrong = [record for record in records if not is_right(record)]
    headlines: list[Headline] = headlines_of(run, records)
    return (
        _environment()
        .get_template("run.html.j2")
        .render(
            style=_style(),
            run=run,
            headlines=headlines,
            charts=charts_of(run, records),
            tag_metrics=_TAG_METRICS,
            tag_rows=[_tag_row(run, records, tag) for tag in run.figures_by_tag],
            wrong=[_wrong(record) for record in wrong[:_MOST_WRONG]],
            wrong_count=len(wrong),
            all=[
                {"right": is_right(each), "question": each.question.question, "given": given(each)} for each in records
            ],
            versions=[*sorted(run.versions.items()), ("dataset digest", run.dataset_digest[:16])],
            settings=sorted(run.settings.items()),
            figures=list(run.figures.items()),
        )
    )


def comparison_report(found: Comparison) -> str:
    rows = [
        (row.metric, row.gain.mean, row.gain.low, row.gain.high, row.verdict.value.split()[0])
        for row in found.differences
        if row.metric in _COMPARED or row.metric.startswith("ragas/")
    ]
    before, after = found.before.milliseconds, found.after.milliseconds
    return (
        _environment()
        .get_template("comparison.html.j2")
        .render(
            style=_style(),
            found=found,
            headline=verdict_in_words(found),
            forest=forest("Differences with their intervals", rows),
            won=[flip for flip in found.flips if flip.is_won],
            lost=[flip for flip in found.flips if not flip.is_won],
            milliseconds=[(stage, before[stage], after[stage]) for stage in before if stage in after],
            expected=expected,
            given=given,
        )
    )


def verdict_in_words(found: Comparison) -> str:
    """Returns in words how many of the common questions were won and lost."""
    won = sum(flip.is_won for flip in found.flips)
    lost = len(found.flips) - won
    if not found.flips:
        return (
            "The question came out as before" if found.pairs == 1 else f"All {found.pairs} questions came out as before"
        )
    return f"{won} won, {lost} lost, of {found.pairs} questions"


def _wrong(record: QuestionRecord) -> _Wrong:
    return _Wrong(
        record=record,
        fault=_fault(record),
        expected=expected(record.question),
        given=given(record),
        passages=tuple(_shown(record, passage) for passage in record.passages),
    )


def _fault(record: QuestionRecord) -> str:
    if record.error is not None:
        return "failed"
    if not record.question.answerable:
        return "answered without an answer"
    if record.abstention is not None:
        return "refused"
    if record.question.gold_passages and not any(passage.gold for passage in record.passages):
        return "passage not found"
    return "fact not stated"


def _shown(record: QuestionRecord, passage: PassageRecord) -> _Shown:
    cited = [
        citation.quote
        for sentence in record.sentences
        for citation in sentence.citations
        if citation.number == passage.number
    ]
    return _Shown(
        number=passage.number,
        name=passage.name,
        page=passage.page,
        gold=bool(passage.gold),
        text=highlighted(passage.text, _gold_words(record.question, passage), cited),
    )


def _gold_words(question: EvalQuestion, passage: PassageRecord) -> list[str]:
    """Returns the gold quotes in the passage; without quotes, the wordings of the facts."""
    quotes = [question.gold_passages[at].quote for at in passage.gold]
    return [quote for quote in quotes if quote] or [
        wording for fact in question.facts for wording in fact if passage.gold
    ]


def _tag_row(run: RunRecord, records: Sequence[QuestionRecord], tag: str) -> _TagRow:
    figures = run.figures_by_tag[tag]
    return _TagRow(
        tag=tag,
        count=sum(tag in record.question.tags for record in records),
        figures=tuple(figures.get(metric) for metric, _ in _TAG_METRICS),
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> Markup:
    return Markup((_FOLDER / "style.css").read_text("utf-8"))  # noqa: S704 - our own file


def highlighted(text: str, gold: Sequence[str], cited: Sequence[str]) -> Markup:
    """Returns the escaped text with ``<mark>`` around gold and cited words; gold wins where both apply."""
    kinds = [""] * len(text)
    for kind, quotes in (("cited", cited), ("gold", gold)):
        for quote in quotes:
            for match in _places(text, quote):
                kinds[match.start() : match.end()] = [kind] * (match.end() - match.start())
    parts, start = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or kinds[at] != kinds[start]:
            parts.append(_marked(text[start:at], kinds[start]))
            start = at
    return Markup("").join(parts)


def _places(text: str, quote: str) -> Sequence[re.Match[str]]:
    """Finds a quote, ignoring differences in white space."""
    letters = "".join(quote.split())
    return list(re.finditer(r"\s*".join(map(re.escape, letters)), text, re.IGNORECASE)) if letters else ()


def _marked(text: str, kind: str) -> Markup:
    if not kind:
        return escape(text)
    return Markup('<mark class="{}">{}</mark>').format(kind, text)
