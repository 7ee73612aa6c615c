"""Every language has the words of the reports, and a report in it has no others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest
from lxml import html

from evals.reports.html import Report, comparison_report, run_report
from evals.reports.words import WORDS_FOLDER, ReportWords, dictionary
from evals.runs.comparison import compare
from evals.runs.records import JudgeRecord, RunState
from tests.unit.evals.reports.test_html import RECORDS, record, run_of

ENGLISH = dictionary("en")
OTHERS = sorted({path.stem for path in WORDS_FOLDER.glob("*.json")} - {"en"})
_KEY = re.compile(r"""["']([a-z0-9_]+)["']""")
_BEGINNINGS = ("circumstance_", "not_whole_", "refused_", "stage_", "step_", "value_")
"""The keys that begin so are completed when a report is made."""


def forms(words: str | Mapping[str, str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words.values())


def places(words: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", words))


def reports(language: str) -> Iterator[Report]:
    """Yields reports with all that a report may say."""
    words = ReportWords(language)
    judge = JudgeRecord(
        model="big", calls=40, failed_calls=2, self_agreement=0.9, label_agreement=0.75, labelled_items=4
    )
    run = run_of(RECORDS, judge=judge, collection="staff")
    yield run_report(run, RECORDS, words)
    yield run_report(run_of((), state=RunState.FAILED, failure="x", figures={}, milliseconds={}), (), words)
    after = (record("a", right=False), record("b"), *RECORDS[2:])
    changed = run_of(after, dataset="other", settings={}, model="tiny", run_id="20261102-b", dataset_digest="other")
    yield comparison_report(compare((run, RECORDS), (changed, after)), words)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_words_with_the_same_places(language: str) -> None:
    other = dictionary(language)
    assert list(other) == list(ENGLISH)
    for key, words in ENGLISH.items():
        assert isinstance(other[key], str) == isinstance(words, str), key
        assert places(forms(other[key])[-1]) == places(forms(words)[-1]), key
        assert all(form == form.strip() and form for form in forms(other[key])), key


def test_there_are_no_words_that_nothing_names_and_none_lack() -> None:
    folder = Path(WORDS_FOLDER).parent
    named = set(
        chain.from_iterable(_KEY.findall(file.read_text("utf-8")) for file in folder.iterdir() if file.is_file())
    )
    assert [key for key in ENGLISH if key not in named and not key.startswith(_BEGINNINGS)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_report_in_another_language_has_no_english_words(language: str) -> None:
    theirs = json.dumps(dictionary(language), ensure_ascii=False)
    english = {form for words in ENGLISH.values() for form in forms(words) if len(form) > 3 and "{" not in form}
    for report in reports(language):
        said = " ".join(html.fromstring(str(report.body)).itertext())
        assert [form for form in english if form not in theirs and re.search(rf"\b{re.escape(form)}\b", said)] == []
        assert "{" not in said


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert ReportWords("en").number(12345.678, 1) == "12,345.7"
    assert ReportWords("de").number(12345.678, 1) == "12.345,7"
    assert ReportWords("fr").number(-0.5, 2, signed=True) == "-0,50"
    assert ReportWords("zh").percent(0.423) == "42.3%"
    assert ReportWords("de").percent(1.0) == "100 %"
    assert ReportWords("fr")("all_as_before", count=0).startswith("La question")
    assert ReportWords("tlh").language == "en"


def test_values_in_words_are_escaped() -> None:
    assert "<b>" not in ReportWords().markup("in_passages", gold="<b>", cited="<i>")
