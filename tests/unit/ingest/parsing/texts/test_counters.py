from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ingest.parsing.completeness import missing_words
from ingest.parsing.texts import counters

Counter = Callable[[Path], Mapping[str, list[str]]]

MAIL = (
    "Subject: S\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nfirst gate\n"
    "--b\nContent-Type: text/html\n\n<p>second gate</p>\n--b--\n"
)


@pytest.mark.parametrize(
    ("counter", "content", "read", "missing"),
    [
        (counters.held_in_text, "one two\nthree", "one three", "two"),
        (counters.held_in_settings, "export A=1\nB=2", "A: 1", "B=2"),
        (counters.held_in_html, "<p>one</p><script>no</script><dl><dt>two</dt></dl>", "one", "two"),
        (counters.held_in_html, "<title>no</title><nav>no<nav>no</nav>no</nav><p>one &amp; two</p>", "one", "two"),
        (
            counters.held_in_markdown,
            "1. [two](http://no)\n\n```no\nthree\n```\n\n[no]: no\n",
            "two",
            "three",
        ),
        (counters.held_in_markdown, "<!-- no\nno --> two[^no] {#no}\n[one](three\n", "two one", "three"),
        (counters.held_in_json, '{"a": [1, {"b": "two"}]}', "a: 1", "two"),
        (counters.held_in_json, '{"a": 1}\n{"a": 2}\n', "a: 1; a:", "2"),
        (counters.held_in_mail, MAIL, "second gate", "first gate"),
    ],
)
def test_words_that_were_not_read_are_named(
    tmp_path: Path, counter: Counter, content: str, read: str, missing: str
) -> None:
    path = tmp_path / "a"
    path.write_text(content)
    (warning,) = missing_words(counter(path), [read])
    assert missing in warning
