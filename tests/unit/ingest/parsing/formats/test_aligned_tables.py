import pytest

from ingest.parsing.formats.plain_text import text_blocks
from rag.types import ElementKind

INVOICE = """\
Pos  Description            Qty   Unit    Price    Total
---  --------------------  ----   ----   ------   ------
1    Call-out (Sunday)        1   flat   145.00   145.00
2    Plumber                3.5   h       62.00   217.00
3    Copper pipe 22 mm        8   m        9.40    75.20
                                  VAT 20 %         87.44
                                  TOTAL GBP       524.64"""


def test_aligned_columns_are_a_table_and_sums_below_stay_lines() -> None:
    table, vat, total = text_blocks(INVOICE)
    assert table.kind is ElementKind.TABLE
    assert table.table is not None
    assert table.text.split("\n")[1] == "Pos: 2; Description: Plumber; Qty: 3.5; Unit: h; Price: 62.00; Total: 217.00"
    assert (vat.text, total.text) == ("VAT 20 % 87.44", "TOTAL GBP 524.64")


def test_an_empty_cell_keeps_its_column() -> None:
    (table,) = text_blocks("Name\tRoom\tPhone\nAda\tB-12\t4410\nBo\t\t4411\nCy\tA-3\t4412\nDi\tA-4\t4413")
    assert "Name: Bo; Phone: 4411" in table.text


@pytest.mark.parametrize(
    "text",
    [
        "One ends.  The next  begins here.\nIt goes on.  And on  and on with it.\nThen it ends.  At last  it does.",
        "Ann     Bo\nCy      Di\nEve     Fay",
        "a  b  c\nd  e  f",
    ],
)
def test_prose_few_columns_and_few_rows_are_no_table(text: str) -> None:
    assert all(block.kind is not ElementKind.TABLE for block in text_blocks(text))


def test_text_around_a_table_stays_in_order() -> None:
    blocks = text_blocks(f"Dear all,\nsee below.\n{INVOICE}\nThanks.")
    kinds = [block.kind for block in blocks]
    assert kinds.index(ElementKind.TABLE) > 0
    assert blocks[-1].text == "Thanks."
