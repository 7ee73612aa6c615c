from collections.abc import Callable
from pathlib import Path

import pytest

from evals.parsing.measures import Content, Rows, words
from evals.parsing.readers import Reading
from evals.parsing.report import ALL_FORMATS, Summary, measure, summaries
from evals.parsing.truth import find_documents


class ScriptedReader:
    def __init__(self, name: str, read: Callable[[Path], Reading]) -> None:
        self.name = name
        self.read = read

    def close(self) -> None:
        pass


def plain(path: Path) -> Reading:
    text = path.read_text()
    if text == "broken":
        return Reading(content=Content(words=()), error="it is broken")
    return Reading(content=Content(words=words(text)), seconds=0.5, page_count=4, words_held=9, warnings=("a note",))


def text_files_alone(path: Path) -> Reading:
    return plain(path) if path.suffix == ".txt" else Reading(content=None, error="unknown")


def silent(_: Path) -> Reading:
    return Reading(content=Content(words=()), seconds=0.1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text, truth in (("a.txt", "one two", "one two"), ("b.txt", "broken", "one"), ("c.csv", "one", "one two")):
        (tmp_path / name).write_text(text)
        (tmp_path / f"{name}.md").write_text(truth)
    (tmp_path / "d.txt").write_text("no truth")
    return tmp_path


def run(folder: Path, *readers: ScriptedReader) -> dict[tuple[str, str], Summary]:
    measured = measure(find_documents(folder), folder, readers, on_progress=lambda *_: None)
    return {(each.format, each.reader): each for each in summaries(measured)}


def test_every_file_has_its_row_also_without_ground_truth(folder: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []
    reader = ScriptedReader("plain", plain)
    measured = measure(find_documents(folder), folder, [reader], on_progress=lambda *step: steps.append(step))
    assert [each.file for each in measured] == ["a.txt", "b.txt", "c.csv", "d.txt"]
    assert [each.scores is not None for each in measured] == [True, True, True, False]
    assert measured[-1].to_json() == {
        "file": "d.txt",
        "format": "txt",
        "reader": "plain",
        "is_known": True,
        "words_read": 2,
        "words_held": 9,
        "tables_read": 0,
        "pages": 4,
        "seconds": 0.5,
        "scores": None,
        "warnings": ("a note",),
        "error": "",
    }
    assert steps[-1] == ("plain", 4, 4)


def test_means_count_each_file_once_and_a_failure_as_nothing(folder: Path) -> None:
    found = run(folder, ScriptedReader("plain", plain))
    text = found["txt", "plain"]
    assert text.files == 2
    assert text.means == {"recall": 0.5, "precision": 0.5, "order": 0.5, "cells": None, "neighbours": None}
    assert text.pages_per_second == 8.0
    assert found[ALL_FORMATS, "plain"].means["recall"] == 0.5
    assert found[ALL_FORMATS, "plain"].to_json()["means"]["precision"] == 0.6667


def test_a_format_that_a_reader_does_not_know_has_no_figures(folder: Path) -> None:
    found = run(folder, *(ScriptedReader(each.__name__, each) for each in (text_files_alone, silent)))
    for key in (("csv", "text_files_alone"), ("csv", "silent"), ("txt", "silent"), (ALL_FORMATS, "silent")):
        assert found[key].files == 0
        assert set(found[key].means.values()) == {None}
        assert found[key].pages_per_second is None
    assert found[ALL_FORMATS, "text_files_alone"].files == 2


@pytest.mark.parametrize(("tables", "mean"), [((), None), (((("a", "b"),),), 0.5)])
def test_a_reader_that_gives_no_tables_has_no_figures_of_them(
    tables: tuple[Rows, ...], mean: float | None, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
        (tmp_path / f"{name}.md").write_text("|a|b|\n|-|-|\n")

    def first_alone(path: Path) -> Reading:
        return Reading(content=Content(words=("a", "b"), tables=tables if path.name == "a.txt" else ()))

    found = run(tmp_path, ScriptedReader("reader", first_alone))["txt", "reader"]
    assert found.means["cells"] == found.means["neighbours"] == mean


def test_pages_are_those_that_the_first_reader_counts(folder: Path) -> None:
    def without_pages(path: Path) -> Reading:
        return Reading(content=Content(words=words(path.read_text())), seconds=1.0)

    found = run(folder, ScriptedReader("plain", plain), ScriptedReader("other", without_pages))
    assert found["csv", "other"].pages_per_second == 4.0


def test_without_ground_truth_there_are_no_summaries(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    assert run(tmp_path, ScriptedReader("plain", plain)) == {}
