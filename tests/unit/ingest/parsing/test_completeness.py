import pytest

from ingest.parsing.completeness import FURNITURE, missing_words, tells_of_loss

BODY = "the document's text"


def test_all_words_read_in_any_order_give_no_warning() -> None:
    held = {BODY: ["The valve opens.", "It closes at 3 bar."], "notes": ["Checked in May."]}
    assert missing_words(held, ["It closes at 3 bar. [1]\nChecked in May.\nThe valve opens."]) == ()


def test_each_kind_with_missing_words_gets_a_sentence() -> None:
    held = {BODY: ["The valve opens.", "It closes at 3 bar."], "comments": ["Why 3?"]}
    assert missing_words(held, ["The valve opens."]) == (
        "5 words of the document's text were not read: 'It closes at 3 bar.'",
        "2 words of comments were not read: 'Why 3?'",
    )


def test_one_word_missing_inside_a_paragraph_is_named() -> None:
    warnings = missing_words({BODY: ["payable within 40 days"]}, ["payable within days"])
    assert warnings == ("1 word of the document's text was not read: '40'",)


def test_the_text_that_was_not_read_is_named_not_another_with_the_same_words() -> None:
    held = {"text boxes": ["Close the valve."], BODY: ["Open the door.", "Close the door."]}
    assert missing_words(held, ["Open the door. Close the door."]) == (
        "3 words of text boxes were not read: 'Close the valve.'",
    )
    held = {BODY: ["Close the valve.", "Close the valve. Twice."]}
    assert missing_words(held, ["Close the valve. Twice."]) == (
        "3 words of the document's text were not read: 'Close the valve.'",
    )


def test_a_repeated_value_counts_as_often_as_it_is_held_but_furniture_once() -> None:
    assert missing_words({BODY: ["yes", "yes"]}, ["yes"]) == ("1 word of the document's text was not read: 'yes'",)
    assert missing_words({FURNITURE: ["Page of the handbook"] * 3}, ["Page of the handbook"]) == ()


@pytest.mark.parametrize(
    ("held", "read"),
    [
        ("inter- national", "international"),
        ("international", "inter-\nnational"),
        ("ﬁrst of½", "first of 1⁄2"),
        ("co\u00adoperate", "cooperate"),
        ("STRASSE", "straße"),
        ("ポンプを止める", "ポンプ を止める"),
    ],
)
def test_another_division_or_form_of_words_is_no_loss(held: str, read: str) -> None:
    longer = "A paragraph begins, {} and goes on to its end."
    assert missing_words({BODY: [longer.format(held)]}, [longer.format(read)]) == ()
    assert missing_words({BODY: [held]}, [read]) == ()


def test_what_was_left_out_on_purpose_is_not_missing() -> None:
    assert missing_words({BODY: ["Shown.", "Hidden words."]}, ["Shown.", "Hidden words."]) == ()


def test_long_quotes_are_cut() -> None:
    (warning,) = missing_words({BODY: ["word " * 1_200]}, [""])
    assert warning.startswith("1,200 words")
    assert len(warning) < 150


@pytest.mark.parametrize("warning", ["3 comments were not read", "1 picture without recognised text"])
def test_warnings_about_losses_say_not_read_or_without(warning: str) -> None:
    assert tells_of_loss(warning)


@pytest.mark.parametrize("warning", ["the text was recognised in an image", "4 words of hidden text were left out"])
def test_other_warnings_tell_of_no_loss(warning: str) -> None:
    assert not tells_of_loss(warning)
