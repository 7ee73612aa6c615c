"""A table of measurements for printing and saving. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Cell = str | int | float | None
Row = dict[str, Cell]


class Table(BaseModel):
    """Named rows with common columns; a column's name ends in its unit. ``notes`` explain the figures.

    ``missed`` names the missed targets; most tables have no targets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Returns title, aligned rows, notes and missed targets as text; a missing value is a dash."""
        heads = list(dict.fromkeys(name for row in self.rows for name in row))
        cells = [[_shown(row.get(name)) for name in heads] for row in self.rows]
        lines = [[head.replace("_", " ") for head in heads], *cells]
        widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
        words = [any(isinstance(row.get(name), str) for row in self.rows) for name in heads]
        body = [
            "  ".join(
                cell.ljust(width) if left else cell.rjust(width)
                for cell, width, left in zip(line, widths, words, strict=True)
            ).rstrip()
            for line in lines
        ]
        return (
            "\n".join(
                [
                    self.title,
                    *(f"  {line}" for line in (*body, *self.notes, *(f"MISSED: {target}" for target in self.missed))),
                ]
            )
            + "\n"
        )


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:,}" if isinstance(cell, (int, float)) else cell
