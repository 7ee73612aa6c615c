from pathlib import Path

import pytest

from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import paths, read, texts


def test_front_matter_is_searchable_and_gives_the_title(tmp_path: Path) -> None:
    head = "title: Quay works\nauthor: Ann Example\ntags: [stone, sea]\ncheck:\n  due: 2031-05-06"
    text = f"---\n{head}\n---\n\n# Report\n\nDone.\n"
    extracted = read(tmp_path, "a.md", text)
    assert extracted.title == "Quay works"
    assert texts(extracted)[:4] == [
        "title: Quay works",
        "author: Ann Example",
        "tags: stone, sea",
        "check.due: 2031-05-06",
    ]
    assert paths(extracted)["author: Ann Example"] == ("Report",)
    toml = '+++\ntitle = "Pier"\ndate = 2031-01-02\n+++\nText.\n'
    assert texts(read(tmp_path, "b.md", toml)) == ["title: Pier", "date: 2031-01-02", "Text."]


def test_a_rule_at_the_beginning_is_no_front_matter(tmp_path: Path) -> None:
    assert "Some words" in read(tmp_path, "a.md", "---\n\nSome words here\n\n---\n\nMore.\n").text


def test_headings_lists_notes_and_code_are_kept(tmp_path: Path) -> None:
    text = """Guide
=====

Use it[^a] and **see** [the list][l], ~~not~~ always.

3. Fill
4. Stir

- [x] weighed
- [ ] packed

Term
: Its meaning.

```sh
# start
run --all
```

[l]: https://example.org/list

[^a]: Only outdoors.
"""
    extracted = read(tmp_path, "a.md", text)
    assert texts(extracted) == [
        "Guide",
        "Use it (Only outdoors) and see the list (https://example.org/list), always.",
        "3. Fill",
        "4. Stir",
        "[x] weighed",
        "[ ] packed",
        "Term: Its meaning.",
        "# start\nrun --all",
    ]
    assert texts(extracted, ElementKind.CODE) == ["# start\nrun --all"]
    assert extracted.warnings == ("struck-out text left out: 1 word in 1 place",)


def test_marks_inside_of_values_stay(tmp_path: Path) -> None:
    text = "A part_no_7 of 2*3*4 cm costs $5 to $10 (`a*b*c`); $x^2$ and *really* 3 * 4.\n"
    assert read(tmp_path, "a.md", text).text == (
        "A part_no_7 of 2*3*4 cm costs $5 to $10 (a*b*c); x^2 and really 3 * 4."
    )


def test_html_inside_is_read_as_html(tmp_path: Path) -> None:
    text = "# Q\n\n<details><summary>When?</summary>\n\nAt **nine**.\n\n</details>\n\n<span hidden>no</span>After.\n"
    found = paths(read(tmp_path, "a.md", text))
    assert found["At nine."] == ("Q", "When?")
    assert found["After."] == ("Q",)


@pytest.mark.parametrize(
    "text",
    ["[a](" * 30_000, "![" * 30_000, "*a **b " * 20_000, "- " * 5_000 + "x", "|a" * 20_000 + "\n" + "|-" * 20_000],
)
def test_odd_text_is_read_in_time(tmp_path: Path, text: str) -> None:
    assert "words" in read(tmp_path, "a.md", f"words\n\n{text}\n").text
