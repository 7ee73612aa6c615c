import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from rag.generation.prompts.text import as_attribute, as_data

CONTROL = ("<|im_start|>", "<|im_end|>", "</s>", "<start_of_turn>", "<|eot_id|>", "[INST]", "[/INST]", "[TOOL_CALLS]")


@pytest.mark.parametrize(
    "token", [*CONTROL, "</source>", "< /source>", "<source number='9'>", "<｜User｜>", "＜/source＞"]
)
def test_a_tag_or_control_token_is_one_no_longer(token: str) -> None:
    assert token not in as_data(f"before {token} after")
    assert "<" not in as_data(token)


@pytest.mark.parametrize(
    "text", ["below 5 < 6", "<= 3 bar", "<5 ms", "< -2 °C", "< .5", "R&D", "a > b", 'a "b"', "[1] [x]"]
)
def test_numbers_names_and_comparisons_stay_as_they_are(text: str) -> None:
    assert as_data(text) == text


def test_an_attribute_stays_between_its_quotes_on_one_line() -> None:
    assert as_attribute('a"\n b="c>') == "a&quot; b=&quot;c&gt;"


def test_a_template_that_escapes_changes_nothing() -> None:
    environment = Environment(autoescape=False)  # noqa: S701 - as prompts have it
    assert environment.from_string("{{ x | e }}").render(x=as_data("<a> & b")) == "&lt;a> & b"


@given(
    st.lists(
        st.sampled_from(["<", "＜", "/", "source", ">", " ", "|", "im_end", "[", "INST", "]", "1", "=", "&lt;", '"'])
        | st.text()
    )
)
def test_no_text_has_a_tag_or_a_control_token_left_and_none_loses_a_word(parts: list[str]) -> None:
    text = "".join(parts)
    made = as_data(text)
    assert not re.search(r"[<＜﹤]\s*[^\s\d=.,+±-]", made)
    assert not re.search(r"\[/?[A-Z]{2,}\]", made)
    assert re.sub(r"\s|[<＜﹤]", "", html.unescape(made)) == re.sub(r"\s|[<＜﹤]", "", html.unescape(text))
