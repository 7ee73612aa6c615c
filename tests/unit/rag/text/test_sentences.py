import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import split_sentences


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


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


@given(st.text(alphabet=st.sampled_from("aA1. !?\n。；\"'”)éß中文\t"), max_size=200))
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
