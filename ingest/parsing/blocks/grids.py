"""A table as a grid of cells, whose spans are laid out: the one model of all formats that have tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.parsing.blocks.assembly import clean, is_visible

_MAX_COLUMN_SPAN = 1_000  # as HTML has it
_MAX_POSITIONS = 2_000_000
_MAX_REPEATED_CHARACTERS = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as a file has it, with the rows and columns that it covers.

    ``is_header``: the file itself says that it names a row or a column. ``note``: a remark on it.
    A cell that covers several places is at each of them: ``is_top`` and ``is_left`` say whether it begins in that row,
    in that column.
    """

    text: str
    row_span: int = 1
    column_span: int = 1
    is_header: bool = False
    note: str = ""
    is_top: bool = True
    is_left: bool = True

    def __bool__(self) -> bool:
        """Tells whether it has text, as a plain text does."""
        return bool(self.text)


EMPTY = Cell(text="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The places of a table, row by row; all rows are equally long. A merged cell is at every place that it covers.

    ``kept_rows`` and ``kept_columns`` tell which of the rows and columns that were laid out these are. ``is_guessed``:
    the columns were told by where texts stand on a page, so that a gap need not be an empty cell.
    """

    rows: tuple[tuple[Cell, ...], ...]
    kept_rows: tuple[int, ...]
    kept_columns: tuple[int, ...]
    is_guessed: bool = False

    @classmethod
    def of(cls, rows: Iterable[Sequence[Cell]]) -> Grid:
        """Lays out rows of cells as HTML does: each cell takes the next place that no cell above reaches.

        Texts become clean, on one line. Rows without text go, and so do columns without text and those in
        which no cell begins. Spans never add rows, and end where they would make a table absurdly large.
        """
        placed = {
            number: row
            for number, row in enumerate(_placed(rows))
            if any(cell.is_top and (cell.text or cell.note) for cell in row)
        }
        used = {
            column
            for row in placed.values()
            for column, cell in enumerate(row)
            if cell.is_left and (cell.text or cell.note)
        }
        columns = tuple(sorted(used))
        return cls(
            rows=tuple(tuple(row[at] if at < len(row) else EMPTY for at in columns) for row in placed.values()),
            kept_rows=tuple(placed),
            kept_columns=columns,
        )

    @classmethod
    def plain(cls, rows: Iterable[Sequence[str | Cell]]) -> Grid:
        """Returns the grid of rows of texts, which span nothing, or of cells."""
        return cls.of([Cell(text=cell) if isinstance(cell, str) else cell for cell in row] for row in rows)

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def column_end(row: Sequence[Cell], at: int) -> int:
    """Returns the column behind those that the cell at a place covers: a grid may have fewer of them than its file."""
    end = at + 1
    while end < len(row) and not row[end].is_left and row[end].text == row[at].text:
        end += 1
    return end


def _placed(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Cell]]:
    reaching: dict[int, tuple[int, Cell]] = {}  # column: rows that it still covers, and how it stands there
    budget, characters = _MAX_POSITIONS, _MAX_REPEATED_CHARACTERS
    for cells in rows:
        row: list[Cell] = []
        below: dict[int, tuple[int, Cell]] = {}
        for cell in cells:
            _cover(row, reaching, below)
            first = _tidy(cell, min(max(cell.column_span, 1), _MAX_COLUMN_SPAN) if budget > 0 else 1)
            for offset in range(first.column_span):
                if offset and len(row) in reaching:
                    break  # cells that overlap: the one above keeps its place
                here = replace(first, is_left=False) if offset else first
                if here.row_span > 1:
                    below[len(row)] = (here.row_span - 1, replace(here, is_top=False))
                row.append(here)
        _cover(row, reaching, below)
        while reaching and len(row) <= max(reaching):
            row.append(EMPTY)
            _cover(row, reaching, below)
        budget -= len(row)
        characters -= sum(len(cell.text) for _, cell in below.values())
        reaching = below if budget > 0 and characters > 0 else {}
        yield row


def one_line(text: str) -> str:
    """Returns a text on one line, clean (see ``clean``), with single spaces."""
    return " ".join((text if is_visible(text) else clean(text)).split())


def _tidy(cell: Cell, column_span: int) -> Cell:
    text, note = one_line(cell.text), one_line(cell.note)
    if text == cell.text and note == cell.note and column_span == cell.column_span:
        return cell
    return replace(cell, text=text, note=note, column_span=column_span)


def _cover(row: list[Cell], reaching: dict[int, tuple[int, Cell]], below: dict[int, tuple[int, Cell]]) -> None:
    """Adds the places that cells above take, up to the next free one."""
    while len(row) in reaching:
        rows, cell = reaching[len(row)]
        if rows > 1:
            below[len(row)] = (rows - 1, cell)
        row.append(cell)
