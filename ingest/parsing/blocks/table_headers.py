"""Finds the titles above a table and the names of its columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsing.blocks.cell_kinds import EMPTY_VALUES, is_number, is_value, is_without_names, is_year
from ingest.parsing.blocks.grids import Cell, Grid

PATH_SEPARATOR = " > "
_MAX_HEADER_CHARACTERS = 80
_MAX_QUESTION_CHARACTERS = 300
_MAX_ROWS_ABOVE = 8
_MAX_HEADER_ROWS = 5
_MIN_NAMED_SHARE = 0.6
_SAMPLE_ROWS = 200
_PAIR = 2

Row = Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The rows of a grid that are titles, the name of each column (empty if it has none), and where values begin."""

    titles: tuple[str, ...]
    names: tuple[str, ...]
    first_row: int
    """The first row of the names."""
    body: int
    """The first row of values; equal to ``first_row`` if no row names the columns."""

    @classmethod
    def none(cls, width: int) -> Header:
        """Returns the header of rows that nothing names."""
        return cls(titles=(), names=("",) * width, first_row=0, body=0)


def find_header(grid: Grid) -> Header:
    """Returns the titles and the names of the columns.

    Rows that the file marks as header rows are believed, and labels that it marks in the first of two columns: then no
    row names the columns. Otherwise rows at the top are the header if cells that span
    several columns lead to the names below them, or if they clearly are names: see ``has_header``.
    """
    if has_labels(grid.rows):
        return Header.none(grid.width)
    start = _title_rows(grid)
    rows = grid.rows[start:]
    height = _marked_rows(rows)
    is_guessed = not height and not is_without_names([[cell.text for cell in row] for row in rows[:_SAMPLE_ROWS]])
    if is_guessed:
        height = _spanned_rows(rows) or _stacked_rows(rows) or int(_has_names(rows))
    if is_guessed and not height and (above := _rows_above_names(rows)):
        start, height = start + above, 1
        rows = grid.rows[start:]
    titles = tuple(" ".join(cell.text for cell in row if cell.text and cell.is_left) for row in grid.rows[:start])
    names = _paths(rows[:height]) if height else ("",) * grid.width
    return Header(titles=titles, names=names, first_row=start, body=start + height)


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Returns whether the first of ``rows`` names the columns of the others.

    It does when its cells are short, different and not numbers (years are), all filled (the first may be empty),
    and the rows below fit under it.
    """
    if len(rows) < _PAIR or len(rows[0]) < _PAIR or is_without_names(rows):
        return False
    header = _trimmed(rows[0])
    body = rows[1:]
    if len(header) < _PAIR or any(len(_trimmed(row)) > len(header) for row in body):
        return False
    names = header[1:] if header[0] in EMPTY_VALUES else header
    if len(set(names)) < len(names) or not all(map(_is_name, names)):
        return False
    values = [row[1] for row in body if len(row) > 1 and row[1]]
    is_list = values and all(map(is_value if len(values) > 1 else is_number, values))
    if len(header) > _PAIR or is_list:
        return True
    if any(map(is_number, values)):
        return False  # numbers among texts: pairs of a name and what it is
    return len(body) > 1 and header[0] not in EMPTY_VALUES and not any(":" in cell for cell in (header[0], body[0][0]))


def is_whole_width(row: Row) -> bool:
    """Returns whether one cell spans the whole of a row that has several columns."""
    return len(row) > 1 and row[0].is_left and not any(cell.is_left for cell in row[1:])


def is_named(row: Row) -> bool:
    """Returns whether the file marks the cells of a row as names, of several columns."""
    return sum(cell.is_left and bool(cell.text) for cell in row) > 1 and all(
        cell.is_header for cell in row if cell.text
    )


def has_labels(rows: Sequence[Row]) -> bool:
    """Returns whether the file marks the first of two columns, and it alone, as names of the values beside it."""
    return len(rows) > 1 and all(len(row) == _PAIR and is_label(row) for row in rows)


def is_label(row: Row) -> bool:
    """Returns whether the file marks the first cell of a row, and no other, as a name."""
    return row[0].is_header and bool(row[0].text) and not any(cell.is_header for cell in row[1:])


def _title_rows(grid: Grid) -> int:
    """Returns the number of rows at the top that hold one text only, with a table of several columns below them."""
    count = 0
    for row in grid.rows:
        cells = [cell for cell in row if cell.is_left and cell.text]
        is_title = len(cells) == 1 and (row[0].text or is_whole_width(row)) and cells[0].row_span == 1
        if not is_title or count + _PAIR >= len(grid.rows):
            break
        count += 1
    below = grid.rows[count : count + _PAIR]
    return count if below and all(sum(bool(cell.text) for cell in row) > 1 for row in below[:1]) else 0


def _rows_above_names(rows: Sequence[Row]) -> int:
    """Returns the number of rows with gaps above one without, which names columns of values; 0 if there is none."""
    for count, row in enumerate(rows[:_MAX_ROWS_ABOVE]):
        names = [cell.text for cell in row]
        if any(map(is_value, names[1:])):
            break
        is_header = len(row) > _PAIR and all(map(_is_name, names)) and len(set(names)) == len(names)
        below = rows[count + 1 : count + 2]
        if is_header and any(is_value(cell.text) for each in below for cell in each[1:]):
            return count
    return 0


def _marked_rows(rows: Sequence[Row]) -> int:
    count = 0
    for row in rows:
        if not any(row) or not all(cell.is_header for cell in row if cell.text):
            break
        count += 1
    return count if count < len(rows) else 0


def _spanned_rows(rows: Sequence[Row]) -> int:
    """Returns the number of header rows where a cell of the first one spans columns that those below name."""
    if not rows or all(cell.is_left for cell in rows[0] if cell.text):
        return 0  # a first cell that spans rows alone is a group of values
    height = 1
    while height < min(_MAX_HEADER_ROWS, len(rows)):
        last, following = rows[height - 1], rows[height]
        goes_on = any(not cell.is_top and cell.text for cell in following)
        if not goes_on and all(cell.is_left for cell in last if cell.text):
            break
        is_reached = height == 1 and following[0].text and not following[0].is_top
        if not (is_reached or _are_names(following)):
            break
        if not _names_groups(last, following) and not _are_above_numbers(following, rows[height + 1 :]):
            break
        height += 1
    is_header = 1 < height < len(rows) and _are_names(rows[0]) and all(_paths(rows[:height])[1:])
    return height if is_header else 0


def _are_above_numbers(row: Row, below: Sequence[Row]) -> bool:
    """Returns whether the cells of a row are above numbers, but for the first one."""
    return bool(below) and all(
        is_number(cell.text) for name, cell in zip(row[1:], below[0][1:], strict=True) if name.text
    )


def _names_groups(upper: Row, lower: Row) -> bool:
    """Returns whether the cells that begin in ``lower`` are below cells that span columns, or below nothing."""
    return all(
        above.column_span > 1 or not above.text
        for above, cell in zip(upper, lower, strict=True)
        if cell.is_top and cell.text
    )


def _stacked_rows(rows: Sequence[Row]) -> int:
    """Returns 2 where names stand in two rows without merged cells: groups over names, or units below them."""
    if len(rows) <= _PAIR or any(not cell.is_top or not cell.is_left for row in rows[:_PAIR] for cell in row):
        return 0
    upper, lower = ([cell.text for cell in row] for row in rows[:_PAIR])
    if (upper[0] and lower[0]) or not any(upper[1:]) or not any(lower[1:]):
        return 0
    if not all(_is_name(text) for text in (*upper, *lower) if text):
        return 0
    body = [[cell.text for cell in row] for row in rows[_PAIR:]]
    if not any(is_value(cell) for row in body for cell in row[1:]) or not body[0][0]:
        return 0
    if any(text and any(row[at] == text for row in body) for at, text in enumerate(lower)):
        return 0  # a row of values whose first cell is empty
    filled = sum(map(bool, lower[1:]))
    is_groups = not all(upper[1:]) and all(up or low for up, low in zip(upper[1:], lower[1:], strict=True))
    is_units = all(upper[1:]) and filled * 2 >= len(lower) - 1
    names = _paths(rows[:_PAIR])[1:]
    return _PAIR if (is_groups or is_units) and len(set(names)) == len(names) else 0


def _has_names(rows: Sequence[Row]) -> bool:
    if not rows or any(not cell.is_top and cell.text for row in rows[1:2] for cell in row):
        return False
    columns = [at for at, cell in enumerate(rows[0]) if cell.is_left]
    texts = [[row[at].text for at in columns] for row in rows]
    return has_header(texts) or _is_mostly_named(texts)


def _is_mostly_named(rows: Sequence[Sequence[str]]) -> bool:
    """Returns whether names with gaps between them head columns of numbers."""
    if len(rows) < _PAIR:
        return False
    names = [name for name in rows[0] if name]
    if len(rows[0]) <= _PAIR or len(names) < max(_PAIR, _MIN_NAMED_SHARE * len(rows[0])):
        return False
    has_values = any(name and any(is_value(row[at]) for row in rows[1:]) for at, name in enumerate(rows[0]) if at)
    is_distinct = len(set(names)) >= max(_PAIR, _MIN_NAMED_SHARE * len(names))
    return has_values and is_distinct and (all(map(_is_name, names)) or _are_counted(names))


def _are_counted(names: Sequence[str]) -> bool:
    """Returns whether names are a word and the numbers from 1 or 0 on."""
    numbers = list(names[1:])
    is_from_start = numbers in ([str(number + first) for number in range(len(numbers))] for first in (0, 1))
    return len(numbers) > _PAIR and is_from_start and _is_name(names[0])


def _paths(rows: Sequence[Row]) -> tuple[str, ...]:
    """Returns for each column its names from the outermost on; a name goes on over the empty cells behind it."""
    if not rows:
        return ()
    levels: list[list[str]] = []
    for number, row in enumerate(rows):
        texts = [cell.text for cell in row]
        for at in range(2, len(texts)):
            is_below_group = any(lower[at].text for lower in rows[number + 1 :])
            if not texts[at] and is_below_group and row[at].is_top and not any(level[at] for level in levels):
                texts[at] = texts[at - 1]
        levels.append(texts)
    paths = []
    for column in zip(*levels, strict=True):
        parts: list[str] = []
        for name in column:
            if name not in EMPTY_VALUES and (not parts or parts[-1] != name):
                parts.append(name)
        paths.append(PATH_SEPARATOR.join(parts))
    return tuple(paths)


def _are_names(row: Row) -> bool:
    return all(_is_name(cell.text) for cell in row if cell.text)


def _is_name(cell: str) -> bool:
    is_question = cell.endswith("?") and len(cell) <= _MAX_QUESTION_CHARACTERS  # of a survey
    is_short = 0 < len(cell) <= _MAX_HEADER_CHARACTERS or is_question
    return is_short and cell not in EMPTY_VALUES and (is_year(cell) or not is_number(cell))


def _trimmed(row: Sequence[str]) -> list[str]:
    end = max((index + 1 for index, cell in enumerate(row) if cell), default=0)
    return list(row[:end])
