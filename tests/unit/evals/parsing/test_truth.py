from pathlib import Path

import pytest

from evals.parsing.measures import Content, score, words
from evals.parsing.truth import find_documents, read_html, read_markdown

MARKDOWN = """\
# Opening times

The *museum* opens at **ten** ([map](https://example.org/way)) &amp; shuts at `six`.
![A door](door.png) <!-- image -->

| Day | Hall A | Hall B |
|-----|--------|--------|
| Monday | closed | closed |
| Friday | 10^2 visits | 3 |

1. No dogs
"""


def test_marks_of_markdown_are_no_words() -> None:
    read = read_markdown(MARKDOWN).words
    assert read[:12] == words("Opening times The museum opens at ten map shuts at six Day")
    assert read[-2:] == ("no", "dogs")
    assert not {"image", "example", "door", "amp"} & set(read)


def test_parts_of_a_word_in_other_type_stay_one_word_and_raised_ones_do_not() -> None:
    assert read_markdown("**un**likely 10<sup>3</sup> H<sub>2</sub>O").words == ("unlikely", "10", "3", "h2o")


def test_blocks_and_cells_of_html_are_apart() -> None:
    html = "<p>one</p><p>two<br>three</p><table><tr><td>four</td><td>five</td></tr></table><script>six()</script>"
    assert read_html(html).words == ("one", "two", "three", "four", "five")


@pytest.mark.parametrize(
    "text", ["one\x00two", "one\x0b\ud800two", "<p>one</body></div>two", "<?xml version='1'?>one <p>two"]
)
def test_what_is_no_proper_html_is_read_too(text: str) -> None:
    assert read_markdown(text).words == read_html(text).words == ("one", "two")


def test_tables_are_read_by_cell() -> None:
    [table] = read_markdown(MARKDOWN).tables or ()
    assert table == (("Day", "Hall A", "Hall B"), ("Monday", "closed", "closed"), ("Friday", "10^2 visits", "3"))


def test_a_merged_cell_is_at_every_place() -> None:
    html = '<table><tr><th rowspan="2">Day</th><th colspan="2">Halls</th></tr><tr><th>A</th><th>B</th></tr></table>'
    assert read_html(html).tables == ((("Day", "Halls", "Halls"), ("Day", "A", "B")),)


def test_a_cell_like_its_neighbour_is_taken_for_a_merged_one() -> None:
    content = read_markdown("| a | b |\n|---|---|\n| both | both |\n| c | both |\n")
    assert content.repeated == {"both": 2}


def test_addresses_pictures_and_names_of_columns_and_rows_are_optional() -> None:
    lines = "Day: Monday; Hall A: closed; Hall B: closed\nDay: Friday; Hall A: 10^2 visits; Hall B: 3"
    read = f"Opening times The museum opens at ten (map https://example.org/way) & shuts at six. A door {lines} No dogs"
    found = score(Content(words=words(read)), read_markdown(MARKDOWN))
    assert (found.recall, found.precision, found.order) == (1.0, 1.0, 1.0)
    invented = score(Content(words=words(f"{read} parrots")), read_markdown(MARKDOWN))
    assert invented.precision is not None
    assert invented.precision < 1.0


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def test_ground_truth_stands_beside_a_document(tmp_path: Path) -> None:
    write(tmp_path, "a/b.txt", "a/b.txt.md", "notes.md", "c.html", "d.pdf.md", ".hidden/e.txt")
    found = {str(each.path.relative_to(tmp_path)): each.truth for each in find_documents(tmp_path)}
    assert found == {
        "a/b.txt": tmp_path / "a/b.txt.md",
        "c.html": None,
        "d.pdf.md": None,
        "notes.md": None,
    }


def test_ground_truth_stands_in_a_folder_beside_that_of_the_documents(tmp_path: Path) -> None:
    write(tmp_path, "pdf/sources/a.pdf", "pdf/groundtruth/a.md", "pdf/sources/b.md", "pdf/groundtruth/b.md.md")
    found = {each.path.name: each.truth for each in find_documents(tmp_path)}
    folder = tmp_path / "pdf" / "groundtruth"
    assert found == {"a.pdf": folder / "a.md", "b.md": folder / "b.md.md"}
