from __future__ import annotations

from lxml import etree

from ingest.parsing.office.charts import chart_blocks, diagram_blocks

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
SPACES = " ".join(
    f'xmlns:{prefix}="{DRAWING}/{name}"' for prefix, name in (("c", "chart"), ("a", "main"), ("dgm", "diagram"))
)


def points(*values: object, form: str = "") -> str:
    listed = "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(values))
    return f"<c:numCache><c:formatCode>{form}</c:formatCode>{listed}</c:numCache>"


def test_values_of_charts_are_shown_with_their_formats() -> None:
    days = f"<c:cat>{points(45000, 45001, form='d-mmm')}</c:cat>"
    money = f"<c:val>{points(1200, 0.1 + 0.2, form='$#,##0.00')}</c:val>"
    name = "<c:tx><c:v>Cost</c:v></c:tx>"
    root = etree.fromstring(f"<c:chartSpace {SPACES}><c:ser>{name}{days}{money}</c:ser></c:chartSpace>")
    assert [block.text for block in chart_blocks(root)] == ["15-Mar; Cost: $1,200.00\n16-Mar; Cost: $0.30"]


def test_points_of_diagrams_stand_below_those_that_lead_to_them() -> None:
    def point(key: str, text: str, kind: str = "node") -> str:
        return f'<dgm:pt modelId="{key}" type="{kind}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:pt>'

    def link(above: str, below: str, order: int) -> str:
        return f'<dgm:cxn srcId="{above}" destId="{below}" srcOrd="{order}"/>'

    long = "A sentence that says how the two teams will work together until the end of the year."
    shown = point("0", "", "doc") + point("3", "Nia") + point("2", long) + point("1", "Ada") + point("4", "Bo")
    links = link("0", "1", 0) + link("0", "2", 1) + link("1", "3", 0) + link("2", "4", 0) + link("3", "1", 0)
    root = etree.fromstring(f"<dgm:dataModel {SPACES}>{shown}{links}</dgm:dataModel>")
    assert [block.text for block in diagram_blocks(root)] == ["Ada", "Ada > Nia", long, "Bo"]
