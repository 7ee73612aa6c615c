from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from rag.composition.about.planner import AboutPlanner
from rag.composition.material import Material
from tests.support.builders.material import material_of, version_of

RULES = "# Harbour rules\nSome words before.\n## Berths\nA berth costs 30 euros.\n## Noise\nEngines are off at night."
PRICES = "# Prices\nA crane costs 80 euros."


@dataclass(frozen=True, kw_only=True)
class Record:
    name: str
    title: str
    page_count: int | None = None
    updated_at: datetime = field(default=datetime(2025, 3, 4, tzinfo=UTC))

    media_type: str = "text/markdown"

    @property
    def document_id(self) -> str:
        return f"document-{self.name.removesuffix('.md')}"

    @property
    def version_id(self) -> str:
        return version_of(self.name.removesuffix(".md"))

    @property
    def active_version_id(self) -> str | None:
        return self.version_id


class Records:
    def __init__(self, *records: Record) -> None:
        self.records = records

    def documents(self, tenant: str, *, collection: str | None = None) -> Sequence[Record]:
        assert (tenant, collection) == ("one", "default")
        return self.records


TWO = Records(Record(name="prices.md", title="Prices", page_count=7), Record(name="rules.md", title="Harbour rules"))


def said(question: str, library: Records = TWO, **documents: str) -> str | None:
    material = material_of(question, **(documents or {"rules": RULES, "prices": PRICES}))
    return text_of(AboutPlanner(library=library), material)


def text_of(planner: AboutPlanner, material: Material) -> str | None:
    composed = planner.plan(material)
    if composed is None:
        return None
    [sentence] = composed.sentences
    assert sentence.marks
    assert composed.certain
    for mark in sentence.marks:
        assert mark.span is not None
        assert composed.passages[mark.number - 1].quote(mark.span)
    return sentence.text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which documents are there?", "There are 2 documents: Prices (prices.md), Harbour rules (rules.md)."),
        ("Welche Dokumente gibt es?", "Es gibt 2 Dokumente: Prices (prices.md), Harbour rules (rules.md)."),
        ("How many pages does prices.md have?", "Prices (prices.md) has 7 pages."),
        ("How many pages have the harbour rules?", "Harbour rules (rules.md) has no pages: its format has none."),
        ("When were the harbour rules last updated?", "Harbour rules (rules.md) was last stored here on 2025-03-04."),
        ("outline of the harbour rules", "Harbour rules (rules.md) has 2 sections: Berths, Noise."),
    ],
)
def test_questions_about_documents_are_answered_from_their_records(question: str, answer: str) -> None:
    assert said(question) == answer


def test_documents_about_something_are_those_that_were_found_for_it() -> None:
    assert said("Which documents are about a crane?") == ("These documents are about it: Prices (prices.md).")


def test_many_documents_are_counted() -> None:
    many = Records(*(Record(name=f"{n}.md", title="") for n in range(48)))
    answer = said("list all documents", many)
    assert answer is not None
    assert answer.startswith("There are 48 documents: 0.md, ")
    assert answer.endswith(", and 18 more.")


FILES = Records(*(Record(name=name, title="") for name in ("prices.md", "rules.pdf", "tides.csv", "crew.XLSX")))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("which of your files are data tables and not text", "There are 2 documents: tides.csv, crew.XLSX."),
        ("list the files that are spreadsheets", "There are 2 documents: tides.csv, crew.XLSX."),
        ("which documents are PDFs", "There is one document: rules.pdf."),
        ("Welche Dateien sind Tabellen?", "Es gibt 2 Dokumente: tides.csv, crew.XLSX."),
        ("which files are slides", "There are no such documents."),
    ],
)
def test_files_of_a_kind_are_named(question: str, answer: str) -> None:
    assert said(question, FILES) == answer


def test_files_that_mention_a_kind_are_not_those_of_the_kind() -> None:
    assert said("which documents mention spreadsheets", FILES) != "There are 2 documents: tides.csv, crew.XLSX."


@pytest.mark.parametrize(
    "question",
    [
        "which of these files are about a crane",
        "do you have anything on cranes?",
        "hast du etwas zu crane",
        "tienes algo sobre crane",
    ],
)
def test_documents_on_a_subject_are_asked_for_in_many_ways(question: str) -> None:
    answer = said(question)
    assert answer is not None
    assert "Prices (prices.md)" in answer


@pytest.mark.parametrize(
    "question", ["What does a berth cost?", "When was the price of a berth on the long pier updated?"]
)
def test_other_questions_are_left_to_others(question: str) -> None:
    assert said(question) is None


def test_a_document_that_tells_when_it_was_updated_is_quoted_instead() -> None:
    dated = "# Harbour rules\nlast updated: 3 May 2021\nA berth costs 30 euros."
    answer = said("When were the harbour rules last updated?", TWO, rules=dated)
    assert answer == "last updated: 3 May 2021 (Harbour rules (rules.md))"


@pytest.mark.parametrize(
    ("question", "lines", "answer"),
    [
        ("Who wrote the harbour rules?", "Author: Ada Berg", "Author: Ada Berg"),
        ("Since when are the harbour rules in force?", "Valid from 1 May 2021", "Valid from 1 May 2021"),
        ("What is the status of the harbour rules?", "Status: Draft Owner: Mia", "Status: Draft"),
        ("When were the harbour rules published?", "These rules were issued in May 2020. A b.", "Issued: 2020"),
    ],
)
def test_what_a_document_says_of_itself_is_quoted(question: str, lines: str, answer: str) -> None:
    given = f"# Harbour rules\n{lines}\nIssued: 2020\nA berth costs 30 euros."
    assert said(question, TWO, rules=given) == f"{answer} (Harbour rules (rules.md))"


def test_the_newest_release_of_a_changelog_is_its_heading() -> None:
    log = "# Larkspur log\n## 1.9.0 - 2023-01-02\nA fix.\n## 1.10.0 - 2024-05-06\nTwo fixes.\n## 1.8\nThree."
    library = Records(Record(name="log.md", title="Larkspur log"))
    assert said("latest release in the larkspur log", library, log=log) == "1.10.0 - 2024-05-06 (Larkspur log (log.md))"
    assert said("What was fixed in the latest release of the engine?", library, log=log) is None


def test_a_document_that_was_not_found_is_known_by_its_name() -> None:
    material = material_of("Who wrote the harbour rules?", prices=PRICES, rules=f"{RULES}\nAuthor: Ada Berg")
    without = replace(material, passages=tuple(one for one in material.passages if one.hit.chunk.name == "prices.md"))
    assert text_of(AboutPlanner(library=TWO), without) == "Author: Ada Berg (Harbour rules (rules.md))"


def test_documents_needed_for_something_are_left_to_others() -> None:
    assert said("Which documents do I need for a berth?") is None
