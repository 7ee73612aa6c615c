"""Writes a computation over a table as SQL. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.composition.tables.duckdb_engine import NUMBER, identifier, literal
from rag.composition.tables.plan import Filter, Plan
from rag.composition.tables.question import Operation


def query_of(plan: Plan, table: str, names: Sequence[str]) -> str:
    """Returns the computation as SQL. ``names`` are those of the columns, each another."""
    key = identifier(names[plan.grid.key])
    column = identifier(names[plan.column]) if plan.column is not None else _added(plan, names)
    conditions = [_condition(one, names) for one in plan.filters]
    if column:
        conditions.append(f"{column} IS NOT NULL")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    source = f"FROM {identifier(table)}{where}"
    number = identifier(NUMBER)
    match plan.operation:
        case Operation.SUM | Operation.MEAN | Operation.MEDIAN:
            function = {Operation.SUM: "sum", Operation.MEAN: "avg", Operation.MEDIAN: "median"}[plan.operation]
            return f"SELECT {function}({column}), list({number} ORDER BY {number}) {source}"
        case Operation.DIFFERENCE:
            return f"SELECT max({column}) - min({column}), list({number} ORDER BY {column} DESC) {source}"
        case Operation.COUNT:
            return f"SELECT count(*), list({number} ORDER BY {number}) {source}"
        case Operation.LIST:
            return f"SELECT {number}, {key} {source} ORDER BY {number}"
        case Operation.SORT:
            return f"SELECT {number}, {key}, {column} {source} ORDER BY {column} DESC, {number}"
        case Operation.MAX | Operation.MIN:
            order = "DESC" if plan.operation is Operation.MAX else "ASC"
            return (
                f"SELECT {number}, {key}, {column} {source} QUALIFY rank() OVER (ORDER BY {column} {order}) <= "
                f"{plan.top} ORDER BY {column} {order}, {number}"
            )


def _added(plan: Plan, names: Sequence[str]) -> str:
    """Returns the sum of the columns of periods; of one row alone, their mean where that is asked for."""
    is_mean = plan.operation is Operation.MEAN and plan.of_row is not None
    cells = ", ".join(identifier(names[column]) for column in plan.series)
    return f"{'list_avg' if is_mean else 'list_sum'}([{cells}])" if cells else ""


def _condition(one: Filter, names: Sequence[str]) -> str:
    column = identifier(names[one.column])
    if len(one.values) > 1:
        return f"{column} IN ({', '.join(map(literal, one.values))})"
    return f"{column} {one.sign} {literal(one.values[0])}"
