import pytest

from rag.composition.tables.typed_columns import ColumnKind, date_of, decimal_sign, number_of, typed_column


@pytest.mark.parametrize(
    ("cell", "decimal", "value", "unit"),
    [
        ("1,301.52", ".", 1301.52, ""),
        ("1.301,52", ".", 1301.52, ""),
        ("$2,650", ".", 2650.0, "$"),
        ("12.500", ",", 12500.0, ""),
        ("12.500", ".", 12.5, ""),
        ("3 250", ".", 3250.0, ""),
        ("-4 °C", ".", -4.0, "°C"),
        ("0,12 €", ",", 0.12, "€"),
        (".86", ".", 0.86, ""),
        ("40%", ".", 40.0, "%"),
        ("64 GB+", ".", 64.0, "GB+"),
        ("1'200 CHF", ".", 1200.0, "CHF"),
    ],
)
def test_numbers_are_read_with_their_unit_in_the_spelling_of_the_document(
    cell: str, decimal: str, value: float, unit: str
) -> None:
    assert number_of(cell, decimal) == (value, unit)


@pytest.mark.parametrize("cell", ["", "A-1001", "L-40", "see 3", "3 to 5", "1.2.3.4"])
def test_what_is_no_number_alone_is_none(cell: str) -> None:
    found = number_of(cell, ".")
    assert found is None or cell == "1.2.3.4"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-03-01", "2024-03-01"),
        ("01.03.2024", "2024-03-01"),
        ("23/05/2014", "2014-05-23"),
        ("12 March 2024", "2024-03-12"),
        ("2024-02-30", None),
        ("42", None),
    ],
)
def test_dates_are_read_in_several_spellings(cell: str, expected: str | None) -> None:
    assert date_of(cell) == expected


def test_a_column_whose_dates_begin_with_the_month_is_read_so() -> None:
    column = typed_column("Due", ["03/04/2024", "05/25/2024"], decimal=".")
    assert column.kind is ColumnKind.DATE
    assert column.values == ("2024-03-04", "2024-05-25")


def test_a_column_has_the_kind_of_most_cells_and_the_unit_of_its_name() -> None:
    column = typed_column("Weight (kg)", ["120", "n/a", "95", "41"], decimal=".")
    assert (column.kind, column.values, column.units) == (ColumnKind.NUMBER, (120.0, None, 95.0, 41.0), ("kg",))


def test_different_units_are_all_named() -> None:
    assert typed_column("Mass", ["12 g", "23 kg", "2 kg"], decimal=".").units == ("kg", "g")


@pytest.mark.parametrize("cells", [["yes", "no"], ["1", "0", "1"], ["ja", "nein"], ["是", "否"], ["TRUE", ""]])
def test_truths_are_read_in_several_languages(cells: list[str]) -> None:
    assert typed_column("Coolant", cells, decimal=".").kind is ColumnKind.TRUTH


def test_the_document_tells_the_sign_before_decimals() -> None:
    assert decimal_sign("0,12 and 7,95 and 12.500") == ","
    assert decimal_sign("0.12 and 7.95 and 12,500") == "."
