from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import settled_sentences, split_sentences


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


def hard_texts() -> list[tuple[str, list[str]]]:
    """Returns the texts of ``hard_sentences.txt`` with their language and sentences."""
    language, texts = "", []
    for line in Path(__file__).with_name("hard_sentences.txt").read_text(encoding="utf-8").splitlines()[1:]:
        if line.startswith("["):
            language = line.strip("[]")
        else:
            texts.append((language, line.split("|")))
    return texts


HARD_TEXTS = hard_texts()


def joined(language: str, sentences: list[str]) -> str:
    return ("" if language in {"zh", "ja"} else " ").join(sentences)


LANGUAGES = sorted({language for language, _ in HARD_TEXTS})


@pytest.mark.parametrize("language", LANGUAGES)
def test_abbreviations_ordinals_initials_and_units_end_no_sentence(language: str) -> None:
    texts = [sentences for own, sentences in HARD_TEXTS if own == language]
    assert [split(joined(language, sentences)) for sentences in texts] == texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_settled_sentences_of_a_growing_text_stay_as_they_are(language: str) -> None:
    for text in (joined(language, sentences) for own, sentences in HARD_TEXTS if own == language):
        whole = split_sentences(text)
        for end in range(len(text)):
            settled = settled_sentences(text[:end])
            assert settled == whole[: len(settled)]


@given(st.text(alphabet=st.sampled_from("aA1. !?|\n。；\"'”)éß中文\tไ[^]»"), max_size=60))
def test_settled_sentences_of_any_growing_text_stay_as_they_are(text: str) -> None:
    whole = split_sentences(text)
    for end in range(len(text)):
        settled = settled_sentences(text[:end])
        assert settled == whole[: len(settled)]


def test_all_but_the_last_sentence_are_settled_by_its_first_word() -> None:
    text = "Fill it. Then"
    assert settled_sentences(text) == ()
    assert settled_sentences(f"{text} wait") == split_sentences(text)[:1]
    assert settled_sentences("加满水。然") == split_sentences("加满水。然")[:1]


def test_a_note_mark_belongs_to_the_sentence_before_it() -> None:
    assert split("It was built in 1990.[^2] It burnt down.[3] Nobody knew. [^a] It rained.") == [
        "It was built in 1990.[^2]",
        "It burnt down.[3]",
        "Nobody knew. [^a]",
        "It rained.",
    ]


def test_no_text_has_no_sentences() -> None:
    assert split("") == []
    assert split(" \n ") == []


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It rains. We stay!  Do we?", ["It rains.", "We stay!", "Do we?"]),
        ("Dr. Berg paid 3.5 million. He left.", ["Dr. Berg paid 3.5 million.", "He left."]),
        ("See fig. 3 and e.g. the pump. Done.", ["See fig. 3 and e.g. the pump.", "Done."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("8. Commissioning\n3.1. Fill it. Then wait.", ["8. Commissioning", "3.1. Fill it.", "Then wait."]),
        ("J. K. Berg signed.", ["J. K. Berg signed."]),
    ],
)
def test_latin_sentences_end_at_their_marks(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


def test_chinese_sentences_end_without_white_space() -> None:
    assert split("保修期为五年。压缩机为七年！「可以延长。」谁付费？") == [
        "保修期为五年。",
        "压缩机为七年！",
        "「可以延长。」",
        "谁付费？",
    ]


def test_a_line_break_always_ends_a_sentence() -> None:
    assert split("Part: NW-1; Price: 3\nPart: NW-2; Price: 4") == ["Part: NW-1; Price: 3", "Part: NW-2; Price: 4"]


@given(st.text(alphabet=st.sampled_from("aA1. !?|\n。；\"'”)éß中文\tไ[^]»"), max_size=200))
def test_spans_are_ordered_stripped_and_cover_everything_but_white_space(text: str) -> None:
    spans = split_sentences(text)
    end = 0
    for span in spans:
        assert not text[end : span.start].strip()
        assert text[span.start : span.end].strip() == text[span.start : span.end] != ""
        end = span.end
    assert not text[end:].strip()


def test_row_of_a_table_is_one_sentence() -> None:
    rows = ["Part: valve; Remark: Closed in May. Needs oil!; Price: 40", "Part: pump; Remark: Runs. Old; Price: 9"]
    assert split("\n".join(rows)) == rows
    assert split("It runs; see below: yes. The next one.") == ["It runs; see below: yes.", "The next one."]


@pytest.mark.parametrize(
    "row",
    [
        "Lease ends | 30. April 2031",
        "2. May 2031 | Dig | 3. June 2031 | Fill. Level it.",
        "Remark | | The valve leaks. Replace it!",
        "| 10.25 | 3. May | 4. June",
    ],
)
def test_row_with_bars_between_its_cells_is_one_sentence(row: str) -> None:
    assert split(f"Go on.\n{row}\nGo on.") == ["Go on.", row, "Go on."]


def test_prose_with_a_bar_has_its_sentences() -> None:
    for prose in (
        ["First close it.", "Then type a | b and wait.", "Go on."],
        ["It is P(A | B) here.", "Go on."],
        ["Type `a | b` and wait.", "Go on."],
        ["Whoever wants to see only some of the lines types a | b and waits.", "Go on."],
        ["The key is a|b here.", "Go on."],
    ):
        assert split(" ".join(prose)) == prose


def test_a_day_before_the_name_of_its_month_ends_no_sentence() -> None:
    for sentence in ("Lease ends: 30. April 2031", "It ends on 30. April, not later."):
        assert split(sentence) == [sentence]
    assert split("We sold 30. Mills closed.") == ["We sold 30.", "Mills closed."]


def test_numbered_paragraphs_in_a_line_are_sentences() -> None:
    text = "(1) Die Einladung erfolgt per E-Mail. (2) Stimmberechtigt sind alle. See Art. (4) of the law. It rose (5)."
    assert [text[one.start : one.end] for one in split_sentences(text)] == [
        "(1) Die Einladung erfolgt per E-Mail.",
        "(2) Stimmberechtigt sind alle.",
        "See Art. (4) of the law.",
        "It rose (5).",
    ]
