from __future__ import annotations

import pytest

from api.suggestions.candidates import Candidate, are_good, candidates_of
from rag.answers import AnswerSentence, Citation
from rag.types import ChunkSpan, Span


def chunk(start: int, end: int, *path: str) -> ChunkSpan:
    return ChunkSpan(span=Span(start=start, end=end), page=None, heading_path=path)


ENGLISH = "The staff may work from home on two days of the week, and the manager has to agree to it."


def test_a_section_is_asked_about_by_its_heading_without_its_number() -> None:
    chunks = [
        chunk(0, 10, "Rules"),
        chunk(10, 40, "Rules", "2.1 Remote work"),
        chunk(40, 60, "Rules", "2.1 Remote work"),
    ]
    [candidate] = candidates_of("d1", "Rules", ENGLISH, chunks)
    assert candidate.question == "What does “Rules” say about Remote work?"
    assert candidate.span == Span(start=10, end=60)


def test_headings_that_are_questions_come_first_and_as_they_are() -> None:
    chunks = [chunk(0, 9, "Delivery times"), chunk(10, 20, "How long does it take?")]
    questions = [each.question for each in candidates_of("d1", "FAQ", ENGLISH, chunks)]
    assert questions == ["How long does it take?", "What does “FAQ” say about Delivery times?"]


@pytest.mark.parametrize(
    ("text", "heading", "question"),
    [
        ("Die Flüge werden in der Economy-Klasse gebucht und nicht erstattet.", "Flug", "Was steht in „T“ über Flug?"),
        ("公司员工密码至少十二位，并且每九十天更换一次。", "二、密码", "“T”里关于密码说了什么？"),
    ],
)
def test_a_question_is_in_the_language_of_its_document(text: str, heading: str, question: str) -> None:
    assert [each.question for each in candidates_of("d1", "T", text, [chunk(0, 9, heading)])] == [question]


def test_headings_that_say_nothing_are_left_out() -> None:
    chunks = [chunk(0, 9, "T"), chunk(9, 18, "12"), chunk(18, 30, "x" * 80)]
    assert list(candidates_of("d1", "T", ENGLISH, chunks)) == []


def answered(*places: tuple[str, int], supported: bool = True) -> tuple[AnswerSentence, ...]:
    return tuple(
        AnswerSentence(
            index=index,
            text="Two days.",
            supported=supported,
            citations=(
                Citation(
                    number=1,
                    chunk_id="c",
                    document_id=document_id,
                    version_id="v",
                    page=None,
                    span=Span(start=start, end=start + 5),
                    quote="Two d",
                ),
            ),
        )
        for index, (document_id, start) in enumerate(places)
    )


def test_only_an_answer_from_the_section_alone_is_good() -> None:
    candidate = Candidate(question="?", document_id="d1", span=Span(start=10, end=60))
    assert are_good(answered(("d1", 12), ("d1", 55)), candidate)
    assert not are_good(answered(("d1", 12), ("d1", 57)), candidate)
    assert not are_good(answered(("d1", 12), ("d2", 20)), candidate)
    assert not are_good(answered(("d1", 12), supported=False), candidate)
    assert not are_good(answered(), candidate)
