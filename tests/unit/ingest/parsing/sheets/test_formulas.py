from __future__ import annotations

from collections.abc import Mapping

import pytest

from ingest.parsing.sheets.formulas import Calculator
from ingest.parsing.sheets.workbook import Sheet, Value, Workbook

CELLS: dict[str, Value] = {"A1": 4.0, "A2": 2.0, "B1": 12.5, "B2": 1.0, "C1": "north", "C2": "south"}


def computed(formulas: Mapping[str, str], cells: Mapping[str, Value] = CELLS) -> tuple[Sheet, list[tuple[int, int]]]:
    """Returns a sheet with its formulas computed, and the places of those that were not."""
    sheet = Sheet(name="My sheet")
    for place, value in cells.items():
        sheet.cell(int(place[1:]), ord(place[0]) - 64).value = value
    for place, formula in formulas.items():
        sheet.cell(int(place[1:]), ord(place[0]) - 64).formula = formula
    workbook = Workbook(sheets=[sheet], names={"rate": "'My sheet'!$A$1"})
    return sheet, [(row, column) for _, row, column in Calculator(workbook).fill_in()]


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("A1*B1", 50),
        ("SUM(A1:B2)", 19.5),
        ("SUM(A:A)", 6),
        ("SUM($A$1,B1,5)", 21.5),
        ("A1+2*3^2", 22),
        ("-2^2", 4),
        ("(A1+A2)%", 0.06),
        ("'My sheet'!B1-1", 11.5),
        ("rate*2", 8),
        ("IF(A1=0,1/0,5)", 5),
        ('IF(A1>3,"big","small")', "big"),
        ("IFERROR(1/0,9)", 9),
        ('A1&" kg"', "4 kg"),
        ("ROUND(10/3,2)", 3.33),
        ("SUMPRODUCT(A1:A2,B1:B2)", 52),
        ('SUMIF(A1:A2,">3",B1:B2)', 12.5),
        ('COUNTIF(C1:C2,"north")', 1),
        ("AVERAGE(A1:B2)", 4.875),
        ("SUBTOTAL(9,A1:A2)", 6),
        ("VLOOKUP(2,A1:C2,3,FALSE)", "south"),
        ('TEXT(B1,"0.00")', "12.50"),
        ("A1>=4", True),
        ('SUMIFS(B1:B2,C1:C2,"north",A1:A2,">3")', 12.5),
        ('COUNTIFS(C1:C2,"south",A1:A2,2)', 1),
        ('AVERAGEIFS(B1:B2,A1:A2,">1")', 6.75),
        ('INDEX(B1:B2,MATCH("south",C1:C2,0))', 1),
        ("INDEX(A1:C2,2,3)", "south"),
        ('XLOOKUP("north",C1:C2,A1:A2)', 4),
        ("HLOOKUP(4,A1:C2,2,FALSE)", 2),
        ('LEFT(C1,3)&"-"&RIGHT(C2)&MID(C1,2,2)', "nor-hor"),
        ('TEXTJOIN(", ",TRUE,C1:C2,D1)', "north, south"),
        ("LARGE(A1:B2,2)-SMALL(A1:B2,1)", 3),
        ('IFS(A1<2,"low",A1>3,"high")', "high"),
    ],
)
def test_usual_formulas_are_computed(formula: str, result: Value) -> None:
    sheet, failed = computed({"D9": formula})
    assert failed == []
    assert sheet.cell(9, 4).value == pytest.approx(result) if isinstance(result, float) else result
    assert sheet.cell(9, 4).formula == ""


@pytest.mark.parametrize(
    "formula",
    [
        "NOW()",
        "TODAY()+1",
        "RAND()",
        "A1/0",
        "OFFSET(A1,1,1)",
        "Other!A1",
        "[1]Book!A1",
        "C1+1",
        "SUM(",
        "D9",
        "A1:B2",
        "é",
    ],
)
def test_what_is_not_certain_is_not_computed(formula: str) -> None:
    sheet, failed = computed({"D9": formula})
    assert failed == [(9, 4)]
    assert sheet.cell(9, 4).formula == formula


def test_a_formula_may_ask_for_another_one_but_not_in_a_circle() -> None:
    sheet, failed = computed({"D1": "D2*2", "D2": "A1+1", "E1": "E2", "E2": "E1"})
    assert sheet.cell(1, 4).value == 10
    assert failed == [(1, 5), (2, 5)]


def test_running_totals_of_any_length_are_computed() -> None:
    cells = {f"A{row}": 1.0 for row in range(1, 3_001)}
    sheet, failed = computed({"B1": "A1", **{f"B{row}": f"B{row - 1}+A{row}" for row in range(2, 3_001)}}, cells)
    assert failed == []
    assert sheet.cell(3_000, 2).value == 3_000


def test_hostile_formulas_stay_bounded() -> None:
    doubling = {"B1": f'"{"x" * 1_000}"', **{f"B{row}": f"B{row - 1}&B{row - 1}" for row in range(2, 50)}}
    _, failed = computed(
        {**doubling, "C1": "(" * 3_000 + "1" + ")" * 3_000, "C2": "9^9^9^9", "C3": "1+" * 5_000 + "1"}, {}
    )
    assert (49, 2) in failed
    assert {(1, 3), (2, 3), (3, 3)} <= set(failed)
