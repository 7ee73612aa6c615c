from pathlib import Path

import pytest

from ingest.parsing.texts.rich_text import enclosed_html, named_characters
from tests.unit.ingest.parsing.reading import read, texts


def rich(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> bytes:
    return f"{{\\rtf1{head}{body}}}".encode("latin-1")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (rich(r"{\fonttbl{\f0\fcharset204 Arial;}}\f0 \'cf\'ee\'f0\'f2"), "Порт"),
        (rich(r"\'8d\'60", r"\ansi\ansicpg932"), "港"),
        (rich(r"\'8d`", r"\ansi\ansicpg932"), "港"),
        (rich(r"{\fonttbl{\f1\fcharset238 Arial;}}\f1 \'b3\'f3d\'9f"), "łódź"),
        (rich(r"quay \u8364\'80 5, \uc2\u28207\'8d\'60 gate"), "quay € 5, 港 gate"),
        (rich(r"{\stylesheet{\s1 H\'f6he;}}{\*\fchars \'a3\'5b}Low water"), "Low water"),
        (rich("first\\loch\nsecond"), "firstsecond"),
        (rich("before {\\pict\\bin4 }}{{}after"), "before after"),
    ],
)
def test_characters_of_every_code_page_are_read_and_names_of_styles_are_not(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    assert read(tmp_path, "a.rtf", content).text.strip() == expected


def test_groups_without_end_are_closed() -> None:
    assert named_characters(rb"{\rtf1 {\b open") == r"{\rtf1 {\b open}}"


def test_the_page_that_outlook_encloses_is_taken_out() -> None:
    body = (
        r"{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\*\htmltag64 <p title=\'22a\'22>}\htmlrtf \par \htmlrtf0 "
        r"caf\'e9 1 < 2 \{x\}{\*\htmltag72 </p>}\htmlrtf {\b no}\htmlrtf0 \lquote y"
    )
    assert enclosed_html(rich(body, r"\ansi\fromhtml1")) == '<p title="a">café 1 &lt; 2 {x}</p>‘y'
    assert enclosed_html(rich("text")) == ""


def test_what_pandoc_cannot_read_keeps_its_text(tmp_path: Path) -> None:
    content = rb"{\rtf1\ansi {\rtf1\ansi\deff0 {\fonttbl{\f0 Arial;}}\f0 {\line{\b One}\par}} Two \line }"
    assert texts(read(tmp_path, "a.rtf", content)) == ["One", "Two"]
