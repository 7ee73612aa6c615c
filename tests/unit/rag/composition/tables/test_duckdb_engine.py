import pytest

from rag.composition.tables.duckdb_engine import NUMBER, TableEngine, identifier, literal
from rag.composition.tables.typed_columns import ColumnKind, TypedColumn

ENGINE = TableEngine()
COLUMNS = {
    "Weight": TypedColumn(kind=ColumnKind.NUMBER, values=(120.0, None, 95.0)),
    "Due": TypedColumn(kind=ColumnKind.DATE, values=("2024-01-01", None, "2025-01-01")),
    'A "b"': TypedColumn(kind=ColumnKind.TEXT, values=("x", None, "z")),
    "Wet": TypedColumn(kind=ColumnKind.TRUTH, values=(True, None, False)),
}


def run(query: str) -> list[tuple[object, ...]]:
    return ENGINE.run(query, table="my table", columns=COLUMNS, rows=(0, 1, 2))


def test_empty_cells_are_null_in_every_kind_of_column() -> None:
    query = 'SELECT count(*), count("Weight"), count("Due"), count("A ""b"""), count("Wet") FROM "my table"'
    assert run(query) == [(3, 2, 2, 2, 2)]


def test_rows_have_numbers_and_dates_compare() -> None:
    assert NUMBER == "#"
    assert run("""SELECT "#" FROM "my table" WHERE "Due" > '2024-06-30'""") == [(2,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/no.csv'",
        "ATTACH '/tmp/no.db'",
        "INSTALL httpfs",
    ],
)
def test_neither_files_nor_extensions_can_be_reached(query: str) -> None:
    with pytest.raises(Exception, match="Permission"):
        run(query)


def test_the_settings_cannot_be_changed_and_no_variable_of_python_is_a_table() -> None:
    secrets = [1]
    assert secrets
    with pytest.raises(Exception, match="locked"):
        run("SET memory_limit='9GB'")
    with pytest.raises(Exception, match="does not exist"):
        run("SELECT * FROM secrets")


def test_a_query_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.composition.tables.duckdb_engine._SECONDS", 0.05)
    with pytest.raises(TimeoutError):
        run("SELECT count(*) FROM range(1000000) a, range(1000000) b")


def test_quotes_cannot_end_names_and_texts() -> None:
    assert identifier('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"
    assert (literal(1301.52), literal(COLUMNS["Wet"].values[0]), literal(40.0)) == ("1301.52", "TRUE", "40")
