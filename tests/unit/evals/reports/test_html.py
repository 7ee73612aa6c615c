from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import html

from evals.datasets.questions import EvalQuestion, GoldPassage
from evals.reports.html import comparison_report, highlighted, run_report, standing_alone
from evals.reports.words import ReportWords
from evals.runs.comparison import Comparison, compare
from evals.runs.records import (
    CitationRecord,
    JudgeRecord,
    Percentiles,
    QuestionRecord,
    RunRecord,
    RunState,
    SentenceRecord,
)
from evals.runs.records import PassageRecord as Passage
from evals.runs.run import figures_by_tag, figures_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

EVIL = "<script>alert(1)</script> & 'quotes'"


def question(name: str, *, answerable: bool = True) -> EvalQuestion:
    gold = (GoldPassage(document="d", quote="five years"),) if answerable else ()
    facts = (("five years",),) if answerable else ()
    return EvalQuestion(
        id=name, question=f"{EVIL} {name}?", answerable=answerable, gold_passages=gold, gold_facts=facts, tags=("kind",)
    )


def record(name: str, *, right: bool = True, judged: bool = True) -> QuestionRecord:
    citation = CitationRecord(number=1, document_id="d", quote="The warranty lasts", gold=())
    return QuestionRecord(
        question=question(name),
        answer=EVIL,
        sentences=(SentenceRecord(text=EVIL, supported=True, citations=(citation,)),),
        passages=(
            Passage(
                number=1,
                document_id="d",
                name=f"{EVIL}.md",
                page=3,
                score=0.5,
                text=f"The warranty lasts five years. {EVIL}",
                shown="",
                gold=(0,),
            ),
        ),
        scores={"fact_recall": float(right), "recall@5/found": 1.0, "facts/compressed": 1.0},
        not_computed={} if judged else {"ragas/faithfulness": "the reply was cut off"},
        stage_milliseconds={"rerank": 12.0},
        total_milliseconds=30.0,
    )


def run_of(records: Sequence[QuestionRecord], **changes: object) -> RunRecord:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    run = RunRecord(
        run_id="20261101-a",
        tenant="t",
        dataset="sample",
        dataset_digest="abc",
        questions=len(records),
        asked=len(records),
        started_at=now,
        state=RunState.FINISHED,
        settings={"retrieval.limit": "8"},
        versions={"generator": "extractive"},
        figures=figures_of(records),
        figures_by_tag=figures_by_tag(records),
        milliseconds={"rerank": Percentiles(p50=12, p95=12, p99=12), "total": Percentiles(p50=30, p95=30, p99=30)},
    )
    return run.model_copy(update=changes)


RECORDS = (
    record("a"),
    record("b", right=False, judged=False),
    QuestionRecord(question=question("c", answerable=False), abstention="weak_support"),
    QuestionRecord(question=question("d"), error="index_unavailable: gone"),
)


def page_of(run: RunRecord, records: Sequence[QuestionRecord], language: str = "en") -> str:
    return standing_alone(run_report(run, records, ReportWords(language)))


def compared(found: Comparison) -> str:
    return standing_alone(comparison_report(found, ReportWords()))


def text_of(page: str) -> str:
    return " ".join(" ".join(html.fromstring(page).itertext()).split())


def test_nothing_of_a_document_or_a_question_becomes_markup() -> None:
    page = page_of(run_of(RECORDS), RECORDS)
    tree = html.fromstring(page)
    assert tree.xpath("//script") == []
    assert EVIL in text_of(page)


def test_a_run_says_how_many_questions_came_out_right_and_shows_the_others() -> None:
    text = text_of(page_of(run_of(RECORDS), RECORDS))
    assert "2 of 4" in text
    assert "Where it was wrong (2)" in text
    assert "Failed: gone" in text
    assert "retrieval.limit 8" in text


def test_what_could_not_be_computed_is_shown_and_not_a_nought() -> None:
    text = text_of(page_of(run_of(RECORDS), RECORDS))
    assert "ragas/faithfulness – – 0 1" in text


def test_a_judge_is_introduced_with_what_its_word_is_worth() -> None:
    judge = JudgeRecord(
        model="big", calls=40, failed_calls=2, cost=0.5, self_agreement=0.9, label_agreement=0.75, labelled_items=24
    )
    text = text_of(page_of(run_of(RECORDS, judge=judge), RECORDS))
    assert "big: 40 calls, of which 2 failed" in text
    assert "said the same in 90.0 % of cases" in text
    assert "Of 24 items whose verdict is known it judged 75.0 % right" in text


@pytest.mark.parametrize(
    ("state", "said"), [(RunState.RUNNING, "This run is running"), (RunState.FAILED, "This run failed")]
)
def test_a_run_that_is_not_whole_says_so(state: RunState, said: str) -> None:
    assert said in text_of(page_of(run_of((), state=state, figures={}, milliseconds={}), ()))


def test_gold_words_go_before_cited_ones_and_white_space_may_differ() -> None:
    marked = highlighted("It lasts  five\nyears <b>.", ["five years"], ["lasts five"])
    assert marked == 'It <mark class="cited">lasts  </mark><mark class="gold">five\nyears</mark> &lt;b&gt;.'


def test_a_comparison_shows_what_was_changed_and_both_answers_of_a_flip() -> None:
    after = (record("a", right=False), record("b"), *RECORDS[2:])
    changed = run_of(after, settings={"retrieval.limit": "5"}, run_id="20261102-b", dataset_digest="other")
    found = compare((run_of(RECORDS), RECORDS), (changed, after))
    page = compared(found)
    text = text_of(page)
    assert "1 won, 1 lost, of 4 questions" in text
    assert "retrieval.limit 8 5" in text
    assert "not of the same questions and documents" in text
    assert html.fromstring(page).xpath("//script") == []


@pytest.mark.integration
@pytest.mark.parametrize("name", ["run", "comparison"])
def test_a_page_fetches_nothing_and_fits_a_narrow_screen(name: str, tmp_path: Path, browser: Browser) -> None:
    found = compare((run_of(RECORDS), RECORDS), (run_of(RECORDS), RECORDS))
    path = tmp_path / "report.html"
    path.write_text(page_of(run_of(RECORDS), RECORDS) if name == "run" else compared(found), "utf-8")
    opened = browser.new_page(viewport={"width": 380, "height": 800})
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert said == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= 380
    opened.close()
