from __future__ import annotations

from rag.composition.material import Material
from rag.composition.tables.grid import Grid
from rag.composition.tables.sheets import sheet_grids
from tests.support.builders.material import material_of

BOATS = """
# Boats
## Gull
A boat for two.
- Length: 4.2 m
- Weight: 90 kg
## Tern
- Length: 5.1 m
- Weight: 140 kg
- Sails: 3
## Care
- Wash it on Sundays.
"""


def grids(lines: str) -> list[Grid]:
    material: Material = material_of("x", boats=lines)
    chunk = material.hits[0].chunk
    document = material.document(chunk)
    assert document is not None
    return sheet_grids(chunk, document)


def test_sections_with_the_same_labels_are_rows() -> None:
    [grid] = grids(BOATS)
    assert grid.title == "Boats"
    assert grid.names == ("", "Length", "Weight", "Sails")
    assert [[grid.text(row, column) for column in range(4)] for row in range(2)] == [
        ["Gull", "4.2 m", "90 kg", ""],
        ["Tern", "5.1 m", "140 kg", "3"],
    ]
    assert grid.span(0, 3) is None
    span = grid.span(1, 0)
    assert span is not None
    assert grid.document.text[span.start : span.end] == "Tern"


def test_the_same_headings_below_several_are_of_these() -> None:
    sheet = "## {0}\n### Data\n- Length: {1} m\n- Weight: {1} kg\n"
    [grid] = grids("# Boats\n" + sheet.format("Gull", 4) + sheet.format("Tern", 5))
    assert [grid.text(row, 0) for row in range(2)] == ["Gull", "Tern"]


def test_sections_without_common_labels_are_no_table() -> None:
    assert grids("# Boats\n## Gull\n- Length: 4 m\n- Weight: 9 kg\n## Rules\n- Speed: slow\n- Noise: none") == []
    assert grids("# Boats\n## Gull\n- Length: 4 m\n- Weight: 9 kg") == []
