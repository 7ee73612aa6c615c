"""The tables of a document, as grids."""

from __future__ import annotations

import io
from typing import Any

import httpx
import openpyxl
import pytest

from tests.support.servers.service import problem, upload, wait_for_job
from tests.unit.ingest.parsing.samples import pdf_bytes


def ready(client: httpx.Client, name: str, content: bytes) -> str:
    job = upload(client, name, content).raise_for_status().json()
    wait_for_job(client, job["job"]["id"])
    return str(job["document"]["id"])


@pytest.fixture(scope="module")
def sheet(client: httpx.Client) -> str:
    book = openpyxl.Workbook()
    hire = book.worksheets[0]
    hire.title = "Hire"
    for row in (
        ["Boat", "Berth", "Fee"],
        ["Canoe", "A1", 9],
        [None, "A2", 11],
        ["Kayak", "B1", None],
        ["Raft", "B2", 4],
    ):
        hire.append(row)
    hire.merge_cells("A2:A3")
    other = book.create_sheet("Crew")
    for row in (["Name", "Day"], ["Ann", "Monday"], ["Bo", "Friday"]):
        other.append(row)
    content = io.BytesIO()
    book.save(content)
    return ready(client, "hire.xlsx", content.getvalue())


def texts(rows: list[list[dict[str, Any]]]) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in rows]


def test_tables_are_listed_and_read_as_grids(client: httpx.Client, sheet: str) -> None:
    listed = client.get(f"/v1/documents/{sheet}/tables").raise_for_status().json()
    assert [(table["number"], table["name"], table["row_count"]) for table in listed["tables"]] == [
        (1, "Hire", 5),
        (2, "Crew", 3),
    ]
    body = client.get(f"/v1/documents/{sheet}/tables/1").raise_for_status().json()
    assert texts(body["header"]) == [["Boat", "Berth", "Fee"]]
    assert texts(body["rows"]) == [["Canoe", "A1", "9"], ["A2", "11"], ["Kayak", "B1"], ["Raft", "B2", "4"]]
    merged, *_, last = body["rows"][0]
    assert (merged["row"], merged["row_span"], merged["address"]) == (1, 2, "A2")
    assert (last["address"], last["column"], last["page"], last["box"]) == ("C2", 2, None, None)
    text = client.get(f"/v1/documents/{sheet}/text").json()["text"]
    assert all(text[cell["start"] : cell["end"]] == cell["text"] for row in body["rows"] for cell in row)
    assert (body["first_row"], body["next_row"], body["titles"]) == (1, None, [])


def test_lists_and_rows_have_pages(client: httpx.Client, sheet: str) -> None:
    first = client.get(f"/v1/documents/{sheet}/tables", params={"limit": 1}).json()
    second = client.get(f"/v1/documents/{sheet}/tables", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [table["name"] for table in (*first["tables"], *second["tables"])] == ["Hire", "Crew"]
    assert second["next_cursor"] is None
    rows = client.get(f"/v1/documents/{sheet}/tables/1", params={"row": 2, "limit": 2}).json()
    assert texts(rows["header"]) == [["Boat", "Berth", "Fee"]]
    assert texts(rows["rows"]) == [["Canoe", "A2", "11"], ["Kayak", "B1"]]  # what is merged goes on
    assert [rows["rows"][0][0][name] for name in ("row", "row_span")] == [2, 1]
    assert (rows["first_row"], rows["next_row"]) == (2, 4)


def test_cells_of_a_pdf_have_boxes_on_every_page(client: httpx.Client) -> None:
    def page(top: int, *rows: tuple[str, ...]) -> list[tuple[float, float, float, str]]:
        return [
            (72 + 150 * column, top - 20 * number, 11, text)
            for number, row in enumerate(rows)
            for column, text in enumerate(row)
        ]

    pages = [
        [(72, 740, 11, "The bearings of this year are listed below."),
         *page(120, ("Bearing", "Bore", "Load"), ("B-10", "10 mm", "5.1 kN"), ("B-12", "12 mm", "6.9 kN"))],
        page(740, ("B-15", "15 mm", "7.8 kN"), ("B-17", "17 mm", "9.6 kN")),
    ]  # fmt: skip
    document = ready(client, "bearings.pdf", pdf_bytes(pages))
    [table] = client.get(f"/v1/documents/{document}/tables").json()["tables"]
    assert (table["page"], table["row_count"]) == (1, 5)
    body = client.get(f"/v1/documents/{document}/tables/1").json()
    assert texts(body["rows"])[2] == ["B-15", "15 mm", "7.8 kN"]
    first, third = body["rows"][0][1], body["rows"][2][1]
    assert (first["page"], third["page"]) == (1, 2)
    left, bottom, right, top = third["box"]
    assert 221 < left < 223 < right < 260
    assert 735 < bottom < 742 < top < 752
    assert first["box"][1] < 110


def test_what_is_not_there_is_a_problem(client: httpx.Client, sheet: str, handbook: str) -> None:
    assert problem(client.get(f"/v1/documents/{sheet}/tables/3")) == (404, "unknown_table")
    assert problem(client.get(f"/v1/documents/{handbook}/tables/1")) == (404, "unknown_table")
    assert problem(client.get("/v1/documents/none/tables")) == (404, "unknown_document")
    unknown = client.get(f"/v1/documents/{sheet}/tables/1", params={"version_id": "x"})
    assert problem(unknown) == (404, "unknown_version")
    assert problem(client.get(f"/v1/documents/{sheet}/tables", params={"cursor": "x"})) == (422, "wrong_cursor")
    assert client.get(f"/v1/documents/{handbook}/tables").json()["tables"] == []
