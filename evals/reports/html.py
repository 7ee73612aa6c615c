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
from evals.reports.charts import Bar, forest
from evals.reports.wording import charts_of, expected, given, headlines_of, step_name
from evals.reports.words import ReportWords
from evals.runs.comparison import Circumstance, Comparison, Direction, MetricDifference, Unnamed
from evals.runs.records import Figure, PassageRecord, QuestionRecord, RunRecord
from evals.runs.scoring import is_right

_FOLDER = Path(__file__).parent
STYLE = _FOLDER / "report.css"
"""The style of a report; its colours are those of the page that it stands in."""
_MOST_WRONG = 40
_TAG_METRICS = {
    "recall@5/found": "tag_recall_5",
    "fact_recall": "tag_fact_recall",
    "citation_precision": "tag_citation_precision",
    "wrong_refusal": "tag_wrong_refusal",
    "abstention_recall": "tag_abstention_recall",
}
_VERDICTS = {Direction.BETTER: "better", Direction.WORSE: "worse", Direction.UNCLEAR: "unclear"}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report without a frame: it loads nothing and has no script."""

    title: str
    body: Markup
    language: str


def run_report(run: RunRecord, records: Sequence[QuestionRecord], words: ReportWords) -> Report:
    """Returns the report of a run, finished or not."""
    wrong = [record for record in records if not is_right(record)]
    digest = [("dataset digest", run.dataset_digest[:16])] if run.dataset_digest else []
    return _rendered(
        "run.html.j2",
        run.name or (words("trial_of", model=run.model) if run.model else run.dataset),
        words,
        run=run,
        headlines=headlines_of(run, records, words),
        charts=charts_of(run, records, words),
        tag_metrics=_TAG_METRICS,
        tag_rows=[_tag_row(run, records, tag) for tag in run.figures_by_tag],
        wrong=[_wrong(record, words) for record in wrong[:_MOST_WRONG]],
        wrong_count=len(wrong),
        all=[
            {"right": is_right(each), "question": each.question.question, "given": given(each, words)}
            for each in records
        ],
        versions=[*sorted(run.versions.items()), *digest],
        settings=sorted(run.settings.items()),
        figures=list(run.figures.items()),
        milliseconds=[(step_name(stage, words), taken) for stage, taken in run.milliseconds.items()],
        marked=_marked,
    )


def comparison_report(found: Comparison, words: ReportWords) -> Report:
    """Returns the report of what a run changed."""
    rows = [
        (_gain_bar(row, words), row.verdict.value.split()[0])
        for row in found.differences
        if row.metric in _COMPARED or row.metric.startswith("ragas/")
    ]
    before, after = found.before.milliseconds, found.after.milliseconds
    changed = [*found.circumstances, *found.settings, *found.versions]
    return _rendered(
        "comparison.html.j2",
        verdict_in_words(found, words),
        words,
        found=found,
        changed=[tuple(_named(each, words) for each in row) for row in changed],
        forest=forest(words("chart_differences"), rows),
        won=[flip for flip in found.flips if flip.is_won],
        lost=[flip for flip in found.flips if not flip.is_won],
        verdicts=_VERDICTS,
        milliseconds=[(step_name(stage, words), before[stage], after[stage]) for stage in before if stage in after],
        expected=expected,
        given=given,
    )


def no_report(words: ReportWords) -> Report:
    """Returns what stands in place of the report of a run that is not there."""
    body = Markup('<article class="report"><h1>{}</h1><p>{}</p></article>').format(words("gone"), words("gone_why"))
    return Report(title=words("gone"), body=body, language=words.language)


def standing_alone(report: Report) -> str:
    """Returns a report as one HTML file that needs no other."""
    style = "\n".join(path.read_text("utf-8") for path in (_FOLDER / "alone.css", STYLE))
    return _environment().get_template("alone.html.j2").render(report=report, style=Markup(style))  # noqa: S704 - our own files


def verdict_in_words(found: Comparison, words: ReportWords) -> str:
    """Returns in words how many of the common questions were won and lost."""
    won = sum(flip.is_won for flip in found.flips)
    if not found.flips:
        return words("all_as_before", count=found.pairs)
    return words("won_lost", won=won, lost=len(found.flips) - won, count=found.pairs)


def _rendered(template: str, title: str, words: ReportWords, **values: object) -> Report:
    body = _environment().get_template(template).render(title=title, t=words, **values)
    return Report(title=title, body=Markup(body), language=words.language)  # noqa: S704 - the template escapes


def _gain_bar(row: MetricDifference, words: ReportWords) -> Bar:
    gain = row.gain
    told = words.number(gain.mean, 3, signed=True)
    return Bar(label=row.metric, value=gain.mean, low=gain.low, high=gain.high, words=told)


def _named(value: str, words: ReportWords) -> str:
    if isinstance(value, Circumstance):
        return words(f"circumstance_{value.name.lower()}")
    return words(f"value_{value.name.lower()}") if isinstance(value, Unnamed) else value


def _wrong(record: QuestionRecord, words: ReportWords) -> _Wrong:
    return _Wrong(
        record=record,
        fault=words(_fault(record)),
        expected=expected(record.question, words),
        given=given(record, words),
        passages=tuple(_shown(record, passage) for passage in record.passages),
    )


def _fault(record: QuestionRecord) -> str:
    """Returns the key of the words for what is wrong."""
    if record.error is not None:
        return "failed_chip"
    if not record.question.answerable:
        return "answered_without"
    if record.abstention is not None:
        return "refused"
    if record.question.gold_passages and not any(passage.gold for passage in record.passages):
        return "no_passage"
    return "no_fact"


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
        figures=tuple(figures.get(metric) for metric in _TAG_METRICS),
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
