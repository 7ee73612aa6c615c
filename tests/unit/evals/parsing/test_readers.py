"""The peers' own libraries are no part of the tests: modules of their names stand in for them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from evals.parsing.measures import words
from evals.parsing.readers import Citewell, Peer, Readers, install_peer
from rag.errors import ConfigurationError
from rag.settings import IngestionSettings, Settings

MARKITDOWN = """
import os, time
class UnsupportedFormatException(Exception): pass
class Converted:
    def __init__(self, markdown): self.markdown = markdown
class MarkItDown:
    def __init__(self, enable_plugins): print("a library that prints")
    def convert_local(self, path):
        text = open(path).read()
        if text == "unknown": raise UnsupportedFormatException(text)
        if text == "broken": raise ValueError(text)
        if text == "dies": os._exit(3)
        if text == "sleeps": time.sleep(60)
        return Converted("# " + text + "\\n\\n|a|b|\\n|-|-|\\n|1|2|\\n")
"""
PDFPLUMBER = """
from contextlib import nullcontext
from types import SimpleNamespace
def page(text, tables):
    return SimpleNamespace(extract_text=lambda: text, extract_tables=lambda: tables, close=lambda: None)
def open(path):
    return nullcontext(SimpleNamespace(pages=[page("One", []), page("Two", [[["a", None], ["1", "2"]]])]))
"""


def peer(name: str, source: str, folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float = 60.0) -> Peer:
    modules = folder / "modules"
    modules.mkdir()
    (modules / f"{name}.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(modules))
    return Peer(name, Path(sys.executable), IngestionSettings(parse_timeout_seconds=seconds))


@pytest.fixture
def markitdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    made = peer("markitdown", MARKITDOWN, tmp_path, monkeypatch, seconds=5.0)
    yield made
    made.close()


def write(folder: Path, text: str) -> Path:
    path = folder / "file.txt"
    path.write_text(text)
    return path


def test_markdown_of_a_peer_is_read_as_such(markitdown: Peer, tmp_path: Path) -> None:
    read = markitdown.read(write(tmp_path, "Title"))
    assert read.content is not None
    assert (read.content.words, read.content.tables) == (("title", "a", "b", "1", "2"), ((("a", "b"), ("1", "2")),))
    assert read.seconds >= 0
    assert not read.error


def test_what_a_peer_does_not_know_differs_from_what_it_fails_at(markitdown: Peer, tmp_path: Path) -> None:
    unknown, broken = markitdown.read(write(tmp_path, "unknown")), markitdown.read(write(tmp_path, "broken"))
    assert unknown.content is None
    assert broken.content is not None
    assert broken.content.words == ()
    assert broken.error == "ValueError: broken"


@pytest.mark.parametrize(("text", "error"), [("dies", "exit status 3"), ("sleeps", "longer than 5 seconds")])
def test_a_peer_that_ends_or_takes_too_long_reads_the_next_file(
    text: str, error: str, markitdown: Peer, tmp_path: Path
) -> None:
    assert error in markitdown.read(write(tmp_path, text)).error
    assert markitdown.read(write(tmp_path, "Next")).content is not None


def test_tables_of_a_peer_are_read_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plumber = peer("pdfplumber", PDFPLUMBER, tmp_path, monkeypatch)
    pdf = tmp_path / "file.PDF"
    pdf.write_bytes(b"")
    read, other = plumber.read(pdf), plumber.read(write(tmp_path, "text"))
    plumber.close()
    assert read.content is not None
    assert (read.content.words, read.content.tables) == (("one", "two"), ((("a", ""), ("1", "2")),))
    assert other.content is None


def test_a_reader_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Known are markitdown, pdfplumber, unstructured"):
        install_peer("acrobat", Settings())


@pytest.mark.slow
def test_names_that_stand_beside_the_text_count_as_read(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "Prices"
    book.active.append(["Ticket", "Fare"])
    book.active.append(["Child", 4])
    book.save(tmp_path / "book.xlsx")
    with Readers(Settings(), ()) as readers:
        content = readers.citewell.read(tmp_path / "book.xlsx").content
    assert content is not None
    assert content.words == ("prices", "ticket", "child", "fare", "4")


@pytest.mark.slow
def test_citewell_reads_in_its_sandbox_and_counts_what_a_file_holds(tmp_path: Path) -> None:
    text = "The gate is open. " * 50
    rows = "<tr><td>Day</td><td>Hall</td></tr><tr><td colspan=2>closed</td></tr>"
    page, broken = tmp_path / "page.html", tmp_path / "broken.pdf"
    page.write_text(f"<p>{text}</p><p style='display:none'>Never shown</p><table>{rows}</table>")
    broken.write_bytes(b"%PDF-1.7 nothing")
    other = tmp_path / "song.mp3"
    other.write_bytes(b"ID3\x00\x01\x02" * 9)
    with Readers(Settings(), ()) as readers:
        [citewell] = readers
        assert isinstance(citewell, Citewell)
        read, failed, unknown = (citewell.read(path) for path in (page, broken, other))
    assert read.content is not None
    assert read.content.words == words(f"{text} Day Hall closed")
    assert read.content.tables == ((("Day", "Hall"), ("closed", "closed")),)
    assert read.words_held == len(words(text)) + 5
    assert read.seconds > 0
    assert any("hidden" in warning for warning in read.warnings)
    assert not any(warning.startswith("{") for warning in read.warnings)
    assert failed.content is not None
    assert failed.error
    assert unknown.content is None
