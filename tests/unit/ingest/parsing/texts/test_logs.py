from pathlib import Path

import pytest

from ingest.parsing.texts.logs import looks_like_log
from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import read, texts

LOG = """2031-04-05 06:07:08 INFO started
2031-04-05 06:07:09 ERROR worker 3 failed
java.lang.IllegalStateException: no room
    at org.example.Store.put(Store.java:42)
Caused by: java.io.IOException: full
    ... 3 more
2031-04-05 06:07:10 INFO stopped"""


@pytest.mark.parametrize("name", ["a.log", "a.txt"])
def test_lines_of_a_log_stay_lines(tmp_path: Path, name: str) -> None:
    extracted = read(tmp_path, name, LOG)
    assert extracted.text == LOG
    assert {each.kind for each in extracted.elements} == {ElementKind.CODE}


def test_a_long_log_is_divided_before_an_entry(tmp_path: Path) -> None:
    lines = [f"05/Apr/2031 06:07:{n % 60:02} step {n}\n    detail {n}" for n in range(100)]
    extracted = read(tmp_path, "a.log", "\n".join(lines))
    assert len(extracted.elements) > 2
    assert all(text.startswith("05/Apr") for text in texts(extracted))


@pytest.mark.parametrize(
    "text",
    [
        '10.0.0.1 - - [05/Apr/2031:06:07:08 +0000] "GET / HTTP/1.1" 200\n' * 4,
        "Apr  5 06:07:08 host sshd[1]: closed\n" * 4,
        "[2031-04-05T06:07:08Z] done\n" * 4,
        "INFO: done\nWARNING: late\nERROR: lost\n",
        "06:07:08.123 done\n" * 4,
    ],
)
def test_logs_of_many_programs_are_told(text: str) -> None:
    assert looks_like_log(text)


@pytest.mark.parametrize(
    "text",
    [
        "The meeting of 2031-04-05 was short.\nWe agreed on all points.\n" * 5,
        "Information is kept.\nErrors are told.\n" * 5,
        "1. One\n2. Two\n3. Three\n",
        "",
    ],
)
def test_prose_is_no_log(text: str) -> None:
    assert not looks_like_log(text)
