"""What was read can be seen: pages as images and as HTML with a span marked, and the passages."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from rag.settings import Settings
from tests.service.conftest import HANDBOOK
from tests.support.servers.service import problem, take_in, upload, wait_for_job
from tests.unit.ingest.parsing.samples import pdf_bytes, picture_of

PAGES = [[(72, 700, 12, f"This is page {number} of the logbook.")] for number in ("one", "two", "three")]


@pytest.fixture(scope="module")
def logbook(client: httpx.Client) -> dict[str, Any]:
    return take_in(client, "logbook.pdf", pdf_bytes(PAGES))


def page(client: httpx.Client, document_id: str, number: int, **query: Any) -> httpx.Response:
    headers = {"accept": query.pop("accept", "*/*"), "if-none-match": query.pop("known", "")}
    return client.get(f"/v1/documents/{document_id}/pages/{number}", params=query, headers=headers)


def image_of(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == f"image/{(image.format or '').lower()}"
    return image.convert("RGB")


def span_of(client: httpx.Client, document_id: str, words: str) -> dict[str, int]:
    text = client.get(f"/v1/documents/{document_id}/text").json()["text"]
    return {"start": text.index(words), "end": text.index(words) + len(words)}


def test_a_page_of_a_pdf_is_an_image_on_which_the_span_is_marked(client: httpx.Client, logbook: dict[str, Any]) -> None:
    plain = np.asarray(image_of(page(client, logbook["id"], 2, width=612)))
    marked = np.asarray(image_of(page(client, logbook["id"], 2, width=612, **span_of(client, logbook["id"], "two"))))
    rows, columns = np.nonzero((plain != marked).any(axis=2))
    assert 78 <= rows.min() <= rows.max() <= 97  # its base line is 92 points below the top
    assert 135 <= columns.min() <= columns.max() <= 165
    other = image_of(page(client, logbook["id"], 1, width=612, **span_of(client, logbook["id"], "two")))
    assert (np.asarray(other) == np.asarray(image_of(page(client, logbook["id"], 1, width=612)))).all()


def test_the_form_follows_accept_or_is_asked_for(client: httpx.Client, logbook: dict[str, Any]) -> None:
    def kind(**query: Any) -> str:
        return str(page(client, logbook["id"], 1, **query).headers["content-type"])

    assert kind() == "image/png"
    assert kind(accept="image/avif,image/webp,*/*") == "image/webp"
    assert kind(accept="image/webp", format="png") == "image/png"
    assert kind(format="webp") == "image/webp"
    assert kind(format="html") == "text/html; charset=utf-8"
    assert page(client, logbook["id"], 1).headers["vary"] == "Accept"


def test_the_links_say_how_many_pages_there_are(client: httpx.Client, logbook: dict[str, Any]) -> None:
    query = {"start": 1, "end": 9}
    asked = "start=1&end=9"
    assert page(client, logbook["id"], 2, **query).headers["link"] == (
        f'<1?{asked}>; rel="first", <1?{asked}>; rel="prev", <3?{asked}>; rel="next", <3?{asked}>; rel="last"'
    )
    answer = page(client, logbook["id"], 4)
    assert problem(answer) == (404, "unknown_page")
    assert "there are 3" in answer.json()["detail"]


def test_a_page_of_a_version_is_kept_by_the_browser_and_that_of_the_active_one_is_asked_for_again(
    client: httpx.Client, logbook: dict[str, Any]
) -> None:
    lasting = page(client, logbook["id"], 1, version_id=logbook["version_id"])
    assert lasting.headers["cache-control"] == "private, max-age=86400, immutable"
    active = page(client, logbook["id"], 1)
    assert active.headers["cache-control"] == "private, no-cache"
    etag = active.headers["etag"]
    for known in (etag, f'"other", W/{etag}', "*"):
        again = page(client, logbook["id"], 1, known=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for changed in ({"width": 500}, {"start": 1, "end": 5}, {"format": "webp"}):
        assert page(client, logbook["id"], 1, known=etag, **changed).status_code == 200


def test_a_text_is_shown_as_html_that_can_do_nothing_and_may_be_framed_by_this_site(
    client: httpx.Client, handbook: str
) -> None:
    answer = page(client, handbook, 1, **span_of(client, handbook, "30 days of vacation"))
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h2>Vacation</h2>" in answer.text
    assert '<mark id="mark">30 days of vacation</mark>' in answer.text
    assert "sandbox; default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_text_has_no_images(client: httpx.Client, handbook: str) -> None:
    assert problem(page(client, handbook, 1, format="png")) == (422, "no_page_images")
    assert problem(page(client, handbook, 2)) == (404, "unknown_page")


def test_the_page_of_a_span_is_found(client: httpx.Client, logbook: dict[str, Any]) -> None:
    span = span_of(client, logbook["id"], "three")
    answer = client.get(f"/v1/documents/{logbook['id']}/pages", params=span | {"width": 300})
    assert answer.status_code == 307
    assert answer.headers["location"] == (
        f"pages/3?start={span['start']}&end={span['end']}&width=300&version_id={logbook['version_id']}"
    )
    assert answer.next_request is not None
    assert image_of(client.send(answer.next_request)).width == 300


def test_the_passages_of_a_version_are_listed_page_by_page(client: httpx.Client, handbook: str) -> None:
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 1}
    while True:
        body = client.get(f"/v1/documents/{handbook}/passages", params=query).raise_for_status().json()
        found += body["passages"]
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]
    assert [each["ordinal"] for each in found] == list(range(len(found)))
    text = client.get(f"/v1/documents/{handbook}/text").json()["text"]
    assert all(each["text"] == text[each["start"] : each["end"]] for each in found)
    assert any(each["heading_path"] == ["Handbook", "Vacation"] for each in found)
    hits = client.post("/v1/search", json={"query": "vacation"}).json()["hits"]
    [hit] = [
        each["source"] for each in hits if "annual" in each["source"]["text"] or "18 days" in each["source"]["text"]
    ]
    assert hit["chunk_id"] in {each["chunk_id"] for each in found}


def test_a_cursor_of_another_version_is_refused(client: httpx.Client, handbook: str, logbook: dict[str, Any]) -> None:
    assert handbook
    body = client.get(f"/v1/documents/{logbook['id']}/passages", params={"limit": 1}).json()
    for cursor in ("x", body["next_cursor"] or "x"):
        answer = client.get(f"/v1/documents/{handbook}/passages", params={"cursor": cursor})
        assert problem(answer) == (422, "wrong_cursor")


@pytest.mark.parametrize("what", ["pages", "pages/1", "passages"])
def test_what_does_not_exist_or_is_not_ready_has_no_pages(
    client: httpx.Client, logbook: dict[str, Any], what: str
) -> None:
    assert problem(client.get(f"/v1/documents/none/{what}")) == (404, "unknown_document")
    answer = client.get(f"/v1/documents/{logbook['id']}/{what}", params={"version_id": "none"})
    assert problem(answer) == (404, "unknown_version")
    failed = upload(client, f"{what[:5]}.pdf", b"%PDF-1.7 nothing").json()
    wait_for_job(client, failed["job"]["id"])
    assert problem(client.get(f"/v1/documents/{failed['document']['id']}/{what}")) == (409, "conflict")


def test_a_lost_original_is_named_and_what_was_read_of_it_still_shown(client: httpx.Client, settings: Settings) -> None:
    document = take_in(client, "lost.pdf", pdf_bytes([[(72, 700, 12, "These words were read.")]]))
    blob = settings.storage.folder / "blobs" / document["sha256"][:2] / document["sha256"]
    blob.unlink()
    answer = page(client, document["id"], 1)
    assert problem(answer) == (500, "stored_file_missing")
    assert "original" in answer.json()["detail"]
    assert "These words were read." in page(client, document["id"], 1, format="html").text


def test_a_frame_of_an_image_is_a_page(client: httpx.Client) -> None:
    content = io.BytesIO()
    second = picture_of(["The deck is made of oak.", "It is new."])
    picture_of(["The mast is made of spruce."]).save(
        content, "TIFF", save_all=True, append_images=[second], compression="tiff_deflate"
    )
    document = take_in(client, "boat.tif", content.getvalue())
    span = span_of(client, document["id"], "oak")
    plain = np.asarray(image_of(page(client, document["id"], 2, format="png")))
    marked = np.asarray(image_of(page(client, document["id"], 2, format="png", **span)))
    assert plain.shape[:2] == (240, 1_000)
    covered = (plain != marked).any(axis=2)
    assert covered.any()
    assert not covered[120:].any()  # the second line is lower


def test_more_pages_at_once_than_may_wait_are_refused_for_now(client: httpx.Client, logbook: dict[str, Any]) -> None:
    with ThreadPoolExecutor(100) as threads:
        answers = list(threads.map(lambda width: page(client, logbook["id"], 1, width=width), range(1_500, 1_620)))
    assert {answer.status_code for answer in answers} <= {200, 429}
    for answer in answers:
        if answer.status_code == 429:
            assert problem(answer) == (429, "too_many_pages")
            assert answer.headers["retry-after"]


def test_a_deleted_document_is_not_shown(client: httpx.Client) -> None:
    document = take_in(client, "gone.pdf", pdf_bytes([[(72, 700, 12, "To be deleted soon.")]]))
    etag = page(client, document["id"], 1).headers["etag"]
    client.delete(f"/v1/documents/{document['id']}").raise_for_status()
    assert problem(page(client, document["id"], 1, known=etag)) == (404, "unknown_document")


def test_every_word_of_the_handbook_is_in_its_html(client: httpx.Client, handbook: str) -> None:
    shown = set(re.findall(r"\w+", page(client, handbook, 1).text))
    assert set(re.findall(r"\w+", HANDBOOK)) <= shown
