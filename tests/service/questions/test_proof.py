"""A sentence of an answer can be proved: what it rests on, where that stands."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pypdfium2
import pytest

from tests.support.servers.service import problem, take_in
from tests.unit.ingest.parsing.samples import pdf_bytes, picture_of

QUESTION = "How many days of vacation do full-time employees get?"
QUOTE = "Full-time employees get 30 days of vacation a year."
LIFT = "What is the limit of the lift?"


def ask(client: httpx.Client, question: str, collection: str = "default") -> dict[str, Any]:
    asked = {"question": question, "collection": collection}
    answer: dict[str, Any] = client.post("/v1/ask", json=asked).raise_for_status().json()
    return answer


def proof(client: httpx.Client, request_id: str, sentence: int = 1) -> httpx.Response:
    return client.get(f"/v1/answers/{request_id}/proof/{sentence}")


@pytest.mark.usefixtures("handbook")
def test_a_sentence_is_proved_with_its_facts_and_where_its_words_stand(client: httpx.Client) -> None:
    answer = ask(client, QUESTION)
    request_id = answer["receipt"]["request_id"]
    body = proof(client, request_id).raise_for_status().json()
    assert (body["question"], body["text"], body["supported"]) == (QUESTION, QUOTE, True)
    assert (body["request_id"], body["sentence"], body["sentence_count"]) == (request_id, 1, len(answer["sentences"]))
    assert [(body["text"][each["start"] : each["end"]], each["found"]) for each in body["facts"]] == [("30", True)]
    [citation] = body["citations"]
    assert (citation["name"], citation["quote"], citation["is_active"]) == ("handbook.md", QUOTE, True)
    place = {key: citation[key] for key in ("version_id", "start", "end")}
    shown = client.get(f"/v1/documents/{citation['document_id']}/place", params=place).raise_for_status().json()
    assert (shown["has_images"], shown["page"], shown["pages"]) == (False, 1, [])
    assert proof(client, f"chatcmpl-{request_id}").json() == body
    for number in (0, len(answer["sentences"]) + 1):
        assert proof(client, request_id, number).status_code in {404, 422}
    assert problem(proof(client, request_id, 99)) == (404, "unknown_sentence")
    assert problem(proof(client, "0" * 32)) == (404, "unknown_answer")


def test_an_older_version_is_shown_as_such_and_a_deleted_document_is_not_shown(client: httpx.Client) -> None:
    first = take_in(client, "lift.txt", b"The limit of the lift is 400 kg.", collection="proof")
    request_id = ask(client, LIFT, "proof")["receipt"]["request_id"]
    take_in(client, "lift.txt", b"The limit of the lift is 630 kg.", collection="proof")
    body = proof(client, request_id).json()
    [citation] = body["citations"]
    assert (citation["is_active"], citation["version_number"], "400 kg" in citation["quote"]) == (False, 1, True)
    page = client.get(f"/proof/{request_id}/1")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    client.delete(f"/v1/documents/{first['id']}").raise_for_status()
    gone = proof(client, request_id)
    assert problem(gone) == (404, "answer_removed")
    assert "was deleted" in gone.json()["detail"]
    assert "kg" not in gone.text
    assert client.get(f"/proof/{request_id}/1").status_code == 404


def test_the_boxes_of_a_span_lie_on_its_words(client: httpx.Client) -> None:
    words = "stops at noon"
    file = pdf_bytes([[(72, 700, 12, "Nothing here.")], [(72, 500, 14, f"The north lift {words} on Friday.")]])
    document = take_in(client, "lift.pdf", file)
    text = client.get(f"/v1/documents/{document['id']}/text").json()["text"]
    place = {"start": text.index(words), "end": text.index(words) + len(words)}
    shown = client.get(f"/v1/documents/{document['id']}/place", params=place).raise_for_status().json()
    assert (shown["has_images"], shown["page"], shown["page_count"]) == (True, 2, 2)
    [page] = shown["pages"]
    [box] = page["boxes"]
    with pypdfium2.PdfDocument(file) as opened:
        bounded = opened[1].get_textpage().get_text_bounded(*box)
    assert bounded.strip() == words
    assert (page["page"], page["width"], page["height"]) == (2, 612, 792)


def test_the_original_opens_in_the_browser_only_where_it_cannot_run_anything(client: httpx.Client) -> None:
    picture = io.BytesIO()
    picture_of(["The gate is open."]).save(picture, "PNG")
    files = {
        "gate.pdf": (pdf_bytes([[(72, 700, 12, "The gate is open.")]]), "inline", "application/pdf"),
        "gate.md": (b"# Gate\n\nThe gate is open.", "inline", "text/plain; charset=utf-8"),
        "gate.png": (picture.getvalue(), "inline", "image/png"),
        "gate.html": (b"<h1>Gate</h1><script>alert(1)</script>", "inline", "text/html"),
        "gate.json": (b'{"gate": "The gate is open."}', "inline", "text/plain; charset=utf-8"),
        "gate.eml": (b"Subject: Gate\n\nThe gate is open.", "attachment", "message/rfc822"),
    }
    for name, (content, disposition, media_type) in files.items():
        document = take_in(client, name, content, collection="gates")
        address = f"/v1/documents/{document['id']}/versions/{document['version_id']}/original"
        opened = client.get(address, params={"inline": True})
        assert opened.headers["content-disposition"].startswith(disposition), name
        assert opened.headers["content-type"] == media_type
        assert opened.headers["x-content-type-options"] == "nosniff"
        policy = opened.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert policy.startswith("sandbox;") is (name != "gate.pdf")
        assert client.get(address).headers["content-disposition"].startswith("attachment")
        place = client.get(f"/v1/documents/{document['id']}/place").json()
        assert place["opens_in_browser"] is (disposition == "inline")
