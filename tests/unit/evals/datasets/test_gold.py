from __future__ import annotations

from dataclasses import replace

import pytest

from evals.datasets.dataset import whole_document
from evals.datasets.gold import facts_stated, golds_cited, golds_in, ranked_ids, span_of, states_fact
from evals.datasets.questions import GoldPassage
from rag.answers import Citation
from rag.types import Span

CHUNK = replace(
    whole_document("handbook.md", title="Handbook", text="Leave is  28\ndays. The office opens at nine."),
    span=Span(start=100, end=146),
)
LEAVE = GoldPassage(document="handbook.md", quote="leave is 28 days")
OFFICE = GoldPassage(document="handbook.md", quote="The office opens at nine.")
OTHER = GoldPassage(document="guide.md", quote="Leave is 28 days")


def citation(start: int, end: int) -> Citation:
    return Citation(
        number=1,
        chunk_id=CHUNK.chunk_id,
        document_id=CHUNK.document_id,
        version_id="v",
        page=None,
        span=Span(start=start, end=end),
        quote="",
    )


def test_a_chunk_holds_the_quotes_of_its_own_document_however_white_space_fell() -> None:
    assert golds_in(CHUNK, [LEAVE, OTHER, OFFICE]) == (0, 2)


def test_without_a_quote_the_document_as_a_whole_is_gold() -> None:
    assert golds_in(CHUNK, [GoldPassage(document="handbook.md")]) == (0,)


def test_a_quote_is_found_where_it_stands_in_the_version() -> None:
    assert span_of(LEAVE.quote, CHUNK) == Span(start=100, end=117)


def test_a_citation_reaches_the_gold_words_that_it_shares_a_character_with() -> None:
    assert golds_cited(citation(116, 120), CHUNK, [LEAVE, OFFICE]) == (0, 1)
    assert golds_cited(citation(117, 118), CHUNK, [LEAVE, OFFICE]) == ()


def test_a_gold_passage_counts_where_it_is_found_first() -> None:
    again = replace(CHUNK, chunk_id="again")
    else_ = replace(CHUNK, chunk_id="c9", document_id="x", name="x")
    assert ranked_ids([else_, CHUNK, again], [LEAVE, OFFICE]) == ("c9", "gold:0", "gold:1")


def test_a_fact_is_stated_in_any_of_its_wordings() -> None:
    assert facts_stated("It takes five years.", [("5 years", "five years"), ("EUR 20",)]) == 0.5
    assert facts_stated("anything", []) == 1.0


@pytest.mark.parametrize(
    ("answer", "fact", "expected"),
    [
        ("It lasts 5 years.", "5 years", True),
        ("It lasts 15 years.", "5 years", False),
        ("Version 4.2.1 is out.", "4.2", False),
        ("FIVE\nyears", "five years", True),
        ("保修期为五年。", "五年", True),
    ],
)
def test_a_fact_counts_only_as_whole_words_and_numbers(answer: str, fact: str, *, expected: bool) -> None:
    assert states_fact(answer, fact) is expected
