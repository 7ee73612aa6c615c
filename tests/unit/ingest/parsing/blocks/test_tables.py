from __future__ import annotations

from ingest.parsing.blocks.tables import has_header, table_lines


def test_row_carries_the_names_of_its_columns() -> None:
    rows = [["Region", "Sales"], ["North", "1250.5"], ["South", "900"]]
    assert table_lines(rows) == ("Region: North; Sales: 1250.5", "Region: South; Sales: 900")


def test_first_column_may_lack_a_name_and_years_are_names() -> None:
    rows = [["", "2023", "2022"], ["Revenue", "5,471", "5,406"]]
    assert table_lines(rows) == ("Revenue; 2023: 5,471; 2022: 5,406",)


def test_pairs_without_header_are_joined_cell_by_cell() -> None:
    rows = [["Kingdom:", "Animalia"], ["Class:", "Aves"], ["Order:", "Anseriformes"]]
    assert table_lines(rows) == ("Kingdom: | Animalia", "Class: | Aves", "Order: | Anseriformes")


def test_numbers_do_not_name_columns() -> None:
    assert not has_header([["1", "2", "3"], ["4", "5", "6"]])


def test_name_of_an_empty_column_is_not_lost() -> None:
    rows = [["Name", "Age", "Remark"], ["Ann", "41", ""]]
    assert table_lines(rows) == ("Name | Age | Remark", "Name: Ann; Age: 41")


def test_empty_rows_and_line_breaks_in_cells_go() -> None:
    assert table_lines([["a\nb", "12"], ["", ""], ["c", ""]]) == ("a b | 12", "c")
