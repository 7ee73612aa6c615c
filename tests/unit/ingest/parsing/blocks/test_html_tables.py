from __future__ import annotations

from ingest.parsing.blocks.tables import Grid, table_block
from ingest.parsing.formats.html_cleaning import table_rows


def lines(markup: str) -> tuple[str, ...]:
    [block] = table_block(Grid.of(table_rows(f"<table>{markup}</table>")))
    return tuple(block.text.split("\n"))


def test_head_body_and_foot_with_spans() -> None:
    head = (
        "<thead><tr><th rowspan=2>Line</th><th colspan=2>Weekday</th></tr><tr><th>First</th><th>Last</th></tr></thead>"
    )
    foot = "<tfoot><tr><td colspan=3>Source: depot</td></tr></tfoot>"
    body = """<tbody><tr><th>12</th><td>5:10</td><td>0:40</td></tr><tr>
      <th rowspan=2>14</th><td>6<br>to 7</td><td>22</td></tr><tr><td colspan=2>night only</td></tr></tbody>"""
    assert lines(head + foot + body) == (
        "Line: 12; Weekday > First: 5:10; Weekday > Last: 0:40",
        "Line: 14; Weekday > First: 6 to 7; Weekday > Last: 22",
        "Line: 14; Weekday > First, Weekday > Last: night only",
        "Source: depot",
    )


def test_blocks_in_cells_do_not_glue_words() -> None:
    assert lines("<tr><td><p>one</p><p>two</p></td><td>a<ul><li>b<li>c</ul></td></tr>") == ("one two | a b c",)


def test_table_in_a_cell_is_its_text_once() -> None:
    assert lines("<tr><td>a<table><tr><td>x</td><td>y</td></tr></table></td><td>b</td></tr>") == ("a x y | b",)


def test_header_in_the_middle_names_the_rows_below_it() -> None:
    names = "<tr><th>{}</th><th>{}</th></tr>"
    rows = "<tr><td>a</td><td>5</td></tr>"
    assert lines(names.format("Name", "Price") + rows + names.format("Item", "Size") + rows) == (
        "Name: a; Price: 5",
        "Item: a; Size: 5",
    )


def test_absurd_spans_and_wrong_ones() -> None:
    assert lines('<tr><td rowspan="x" colspan="-3">a</td><td colspan="99999999999">b</td></tr>') == ("a | b",)
    assert lines('<tr><td rowspan="0">a</td><td>b</td></tr><tr><td>c</td></tr>') == ("a | b", "a | c")
