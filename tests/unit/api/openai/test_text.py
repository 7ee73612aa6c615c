from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.openai.text import CHINESE, ENGLISH, MarkedText, Words, footer, without_marks, words_for_question
from rag.answers import AnswerSentence, Citation, Role, Turn
from rag.types import Chunk, Hit, Passage, Span
from rag.verification.stream import SentenceAssembler
from tests.support.builders.chunks import chunk

TEXT = "The sky is blue. Dr. Lee of Hale Inc. says so!\n- Grass of Hale Inc. The rest is dry."


def passage(shown: Chunk, *, number: int) -> Passage:
    return Passage(number=number, hit=Hit(chunk=shown, score=1.0, dense=None, bm25=None), kept=(shown.span,))


def cited(index: int, text: str, *numbers: int) -> AnswerSentence:
    citations = tuple(
        Citation(
            number=number,
            chunk_id="c",
            document_id="d",
            version_id="v",
            page=None,
            span=Span(start=0, end=3),
            quote="sky",
        )
        for number in numbers
    )
    return AnswerSentence(index=index, text=text, citations=citations, supported=bool(citations))


def written(pieces: list[str]) -> tuple[MarkedText, list[str]]:
    """Writes as the pipeline does: text as it comes, each sentence once it is complete. All are cited."""
    marked, assembler, given_out, count = MarkedText(ENGLISH), SentenceAssembler(), [], 0
    for piece in pieces:
        given_out.append(marked.add_text(piece))
        for sentence in assembler.add_text(piece):
            count += 1
            given_out.append(marked.add_sentence(cited(count, sentence.text, count)))
    for sentence in assembler.finish():
        count += 1
        given_out.append(marked.add_sentence(cited(count, sentence.text, count)))
    given_out.append(marked.finish())
    return marked, given_out


@given(st.lists(st.integers(min_value=0, max_value=len(TEXT)), max_size=12))
def test_marks_stand_behind_their_sentences_however_the_text_is_cut(cuts: list[int]) -> None:
    edges = sorted({0, *cuts, len(TEXT)})
    pieces = [TEXT[start:end] for start, end in pairwise(edges)]
    marked, given_out = written(pieces)
    content = "".join(given_out)
    assert (
        content
        == "The sky is blue. [1] Dr. Lee of Hale Inc. says so! [2]\n- Grass of Hale Inc. [3] The rest is dry. [4]"
    )
    assert [content[mark.start : mark.end] for mark in marked.marks] == ["[1]", "[2]", "[3]", "[4]"]
    sentences = [content[mark.sentence_start : mark.sentence_end] for mark in marked.marks]
    assert sentences == [
        "The sky is blue.",
        "Dr. Lee of Hale Inc. says so!",
        "- Grass of Hale Inc.",
        "The rest is dry.",
    ]


def test_words_go_out_as_they_come_and_wait_only_for_a_sentence_to_be_checked() -> None:
    marked = MarkedText(ENGLISH)
    assert [marked.add_text(piece) for piece in ("The", " sky is", " blue.", " Gra")] == [
        "The",
        " sky is",
        " blue.",
        "",
    ]
    assert marked.add_sentence(cited(0, "The sky is blue.", 2, 1, 2)) == " [2][1] Gra"
    assert marked.add_text("ss") == "ss"


def test_every_citation_of_a_sentence_is_kept_also_two_of_one_source() -> None:
    marked = MarkedText(ENGLISH)
    marked.add_text("The sky is blue.")
    marked.add_sentence(cited(0, "The sky is blue.", 2, 1, 2))
    assert [(mark.citation.number, mark.start, mark.end) for mark in marked.marks] == [
        (2, 17, 20),
        (2, 17, 20),
        (1, 20, 23),
    ]


@pytest.mark.parametrize(("words", "mark"), [(ENGLISH, "[unsupported]"), (CHINESE, "[无依据]")])
def test_a_sentence_that_nothing_supports_says_so(words: Words, mark: str) -> None:
    marked = MarkedText(words)
    text = marked.add_text("天是蓝的。") + marked.add_sentence(cited(0, "天是蓝的。"))
    assert text == f"天是蓝的。 {mark}"


def test_a_sentence_that_was_not_written_like_that_loses_no_text() -> None:
    marked = MarkedText(ENGLISH)
    text = marked.add_text("The sky is blue.") + marked.add_sentence(cited(0, "Something else.", 1)) + marked.finish()
    assert text == "The sky is blue. [1]"


def test_offsets_count_code_points() -> None:
    marked, given_out = written(["🌊 is wet. ", "Fire is hot."])
    content = "".join(given_out)
    assert [content[mark.start : mark.end] for mark in marked.marks] == ["[1]", "[2]"]


def test_a_footer_names_title_and_page_or_else_the_heading() -> None:
    paged = passage(chunk("x", title="Pump\n manual", page=3), number=2)
    plain = passage(chunk("y", document_id="notes"), number=4)
    assert footer("Sources:", [paged, plain], ENGLISH) == "\n\nSources:\n- [2] Pump manual, p. 3\n- [4] notes.txt"
    assert footer("来源：", [paged], CHINESE) == "\n\n来源：\n- [2] Pump manual，第 3 页"
    [citation] = cited(0, "It is blue.", 2).citations
    later = [replace(citation, page=page) for page in (5, 4, 5)]
    assert footer("Sources:", [paged, plain], ENGLISH, later).splitlines()[3:] == [
        "- [2] Pump manual, p. 4, 5",
        "- [4] notes.txt",
    ]
    headed = passage(chunk("z", title="Pump", heading_path=("Pump", "Service")), number=1)
    assert footer("Sources:", [headed], ENGLISH) == "\n\nSources:\n- [1] Pump: Service"
    assert footer("Sources:", [], ENGLISH) == ""


@pytest.mark.parametrize("words", [ENGLISH, CHINESE])
def test_history_comes_back_without_marks_and_footer(words: Words) -> None:
    sources = footer(words.sources, [passage(chunk("x", title="Pump"), number=1)], words)
    said = f"It is blue. [1][2] Or [so] not. {words.unsupported}{sources}"
    assert without_marks(Turn(role=Role.ASSISTANT, content=said)).content == "It is blue. Or [so] not."
    mine = Turn(role=Role.USER, content=said)
    assert without_marks(mine) == mine


def test_what_looks_like_a_footer_in_the_middle_of_an_answer_stays() -> None:
    said = "Sources:\n- [1] a\n\nThat was a list."
    assert "That was a list." in without_marks(Turn(role=Role.ASSISTANT, content=said)).content
    assert "Sources:" in without_marks(Turn(role=Role.ASSISTANT, content=said)).content


def test_words_are_those_of_the_question() -> None:
    assert words_for_question("保修期多长？") is CHINESE
    assert words_for_question("How long is the warranty?") is ENGLISH


TABLE = "Prices:\n\n| Saw | Price |\n|---|---|\n| S1 | 5 EUR |\n| S2 | 9 EUR |\n\nBoth are in stock."


@given(st.lists(st.integers(min_value=0, max_value=len(TABLE)), max_size=12))
def test_marks_of_a_row_stand_in_its_last_cell(cuts: list[int]) -> None:
    marked, assembler = MarkedText(ENGLISH), SentenceAssembler()
    given_out = ""
    for start, end in pairwise(sorted({0, *cuts, len(TABLE)})):
        given_out += marked.add_text(TABLE[start:end])
        found = assembler.add_text(TABLE[start:end])
        given_out += "".join(marked.add_sentence(cited(0, one.text, 1)) for one in found if one.claims)
    given_out += "".join(marked.add_sentence(cited(0, one.text, 1)) for one in assembler.finish() if one.claims)
    given_out += marked.finish()
    assert given_out == (
        "Prices:\n\n| Saw | Price |\n|---|---|\n| S1 | 5 EUR [1] |\n| S2 | 9 EUR [1] |\n\nBoth are in stock. [1]"
    )


def test_our_own_words_need_no_mark() -> None:
    marked = MarkedText(ENGLISH)
    own = replace(cited(0, "Hello!"), supported=True)
    assert marked.add_text("Hello!") + marked.add_sentence(own) + marked.finish() == "Hello!"
