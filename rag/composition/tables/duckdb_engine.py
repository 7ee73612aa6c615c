"""Runs a query over values in memory with DuckDB. It can reach neither files nor the network."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.composition.tables.typed_columns import ColumnKind, TypedColumn

Value = float | int | str | bool | None
_SECONDS = 2.0
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "256MB",
    "threads": 1,
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "max_temp_directory_size": "0KB",
    "lock_configuration": True,
}
NUMBER = "#"
"""The column with the number of each row, from 0."""


class TableEngine:
    """One database in memory, made at the first query. Safe to call from several threads, which take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None

    def run(
        self, query: str, *, table: str, columns: Mapping[str, TypedColumn], rows: Sequence[int]
    ) -> list[tuple[Any, ...]]:
        """Returns the result of ``query`` over ``table``, whose rows are ``rows`` of the columns and are numbered.

        Raises:
            TimeoutError: it took longer than two seconds.
        """
        import duckdb  # noqa: PLC0415 - loading it takes a while, and most questions need none

        values: dict[str, NDArray[Any]] = {NUMBER: np.asarray(rows, dtype=np.int32)}
        values |= {name: _array(column, rows) for name, column in columns.items()}
        with self._lock:
            if self._connection is None:
                self._connection = duckdb.connect(":memory:", config=_SETTINGS)
            connection = self._connection
            timer = threading.Timer(_SECONDS, connection.interrupt)
            connection.register(table, values)
            timer.start()
            try:
                found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
            except duckdb.InterruptException as error:
                raise TimeoutError(query) from error
            finally:
                timer.cancel()
                connection.unregister(table)
        return found


def _array(column: TypedColumn, rows: Sequence[int]) -> NDArray[Any]:
    values = [column.values[row] for row in rows]
    match column.kind:
        case ColumnKind.NUMBER:
            numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
            return np.ma.masked_invalid(numbers)
        case ColumnKind.DATE:
            return np.array(["NaT" if value is None else value for value in values], dtype="datetime64[s]")
        case _:
            return np.array(values, dtype=object)


def identifier(name: str) -> str:
    """Returns a name as SQL quotes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Value) -> str:
    """Returns a value as SQL writes it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return f"{value:.15g}"
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"
