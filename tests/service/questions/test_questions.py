import json

import httpx
import pytest

from tests.support.servers.service import events, problem, take_in
from tests.unit.ingest.parsing.samples import pdf_bytes

QUESTION = "How many days of vacation do full-time employees get?"
FRESH = {"cache-control": "max-age=0, No-Cache"}


@pytest.fixture(autouse=True)
def _documents(handbook: str) -> None:
    """Every question here is about the handbook."""


def test_an_answer_quotes_the_document_word_for_word(client: httpx.Client, handbook: str) -> None:
    body = client.post("/v1/ask", json={"question": QUESTION}).json()
    first = body["sentences"][0]
    assert first["text"] == "Full-time employees get 30 days of vacation a year."
    assert first["supported"]
    citation = first["citations"][0]
    assert citation["document_id"] == handbook
    stretch = {"start": citation["start"], "end": citation["end"], "version_id": citation["version_id"]}
    assert client.get(f"/v1/documents/{handbook}/text", params=stretch).json()["text"] == citation["quote"]
    assert body["abstention"] is None


def test_the_stream_has_sources_first_and_done_last(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    stream = events(response)
    names = [name for name, _ in stream]
    assert names[0] == "sources"
    assert names[-1] == "done"
    assert names.count("done") + names.count("error") == 1
    done = json.loads(stream[-1][1])
    tokens = "".join(json.loads(data)["text"] for name, data in stream if name == "token")
    assert tokens == done["answer"]
    sentences = [json.loads(data) for name, data in stream if name == "sentence"]
    assert sentences == done["sentences"]


def test_an_accept_header_asks_for_a_stream_too(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json={"question": QUESTION}, headers={"accept": "text/event-stream"})
    assert events(response)[-1][0] == "done"


def test_a_question_the_documents_do_not_touch_is_not_answered(client: httpx.Client) -> None:
    body = client.post("/v1/ask", json={"question": "Who won the football world cup in 1998?"}).json()
    assert body["abstention"]["reason"] == "weak_support"
    assert body["sentences"] == []
    assert body["sources"]


def test_history_resolves_a_follow_up(client: httpx.Client) -> None:
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "30 days."}]
    body = client.post("/v1/ask", json={"question": "And part-time?", "history": history}).json()
    assert body["receipt"]["search_query"] == "How many days of vacation do part-time employees get?"
    assert "Part-time employees get 18 days." in body["answer"]


def test_the_receipt_tells_what_every_stage_did(client: httpx.Client) -> None:
    receipt = client.post("/v1/ask", json={"question": QUESTION}, headers=FRESH).json()["receipt"]
    stages = [stage["stage"] for stage in receipt["stages"]]
    assert stages == [
        "encode",
        "retrieve",
        "fuse",
        "rerank",
        "second_round",
        "compose",
        "assess",
        "compress",
        "guard",
        "generate",
    ]
    assert receipt["context_tokens_before"] >= receipt["context_tokens_after"] > 0
    assert 0 < receipt["first_token_milliseconds"] <= receipt["total_milliseconds"]
    assert receipt["reranker"] == "best-sentence"
    assert receipt["degraded"] == []
    assert receipt["verification"]["supported"] > 0
    assert {receipt["verification"][count] for count in ("unsupported", "dropped", "retried")} == {0}


@pytest.mark.parametrize("stream", [False, True])
def test_the_same_question_again_is_answered_from_memory_and_says_so(client: httpx.Client, *, stream: bool) -> None:
    client.post("/v1/ask", json={"question": QUESTION}).raise_for_status()
    again = client.post("/v1/ask", json={"question": QUESTION.upper(), "stream": stream})
    body = json.loads(events(again)[-1][1]) if stream else again.json()
    assert body["receipt"]["cached"]
    assert body["sentences"][0]["text"] == "Full-time employees get 30 days of vacation a year."
    fresh = client.post("/v1/ask", json={"question": QUESTION}, headers=FRESH).json()
    assert not fresh["receipt"]["cached"]
    assert fresh["sentences"] == body["sentences"]


def test_an_update_is_answered_from_at_once(client: httpx.Client) -> None:
    for code in ("1234", "5678"):
        take_in(client, "lockers.txt", f"The code of the lockers is {code}.".encode(), collection="lockers")
        asked = {"question": "What is the code of the lockers?", "collection": "lockers"}
        bodies = [client.post("/v1/ask", json=asked).json()]
        assert not bodies[0]["receipt"]["cached"]
        # The old version's purge forgets all answers, and may come between two questions.
        while not bodies[-1]["receipt"]["cached"] and len(bodies) < 50:
            bodies.append(client.post("/v1/ask", json=asked).json())
        assert bodies[-1]["receipt"]["cached"]
        assert {body["answer"] for body in bodies} == {f"The code of the lockers is {code}."}


def test_a_citation_names_the_page_of_its_words_and_the_passage_its_first(client: httpx.Client) -> None:
    pages = ["The assembly point is the car park.", "The fire warden is Ilse.", "The siren is tested on Mondays."]
    take_in(client, "evacuation.pdf", pdf_bytes([[(72, 700, 12, text)] for text in pages]), collection="alarms")
    asked = {"question": "When is the siren tested?", "collection": "alarms"}
    body = client.post("/v1/ask", json=asked).json()
    citations = [citation for sentence in body["sentences"] for citation in sentence["citations"]]
    assert [(citation["quote"], citation["page"]) for citation in citations] == [(pages[2], 3)]
    assert [source["page"] for source in body["sources"]] == [1]


def test_search_shows_both_ranks(client: httpx.Client) -> None:
    hits = client.post("/v1/search", json={"query": "vacation days", "limit": 2}).json()["hits"]
    assert hits[0]["rank"] == 1
    assert hits[0]["dense"]["rank"] >= 1
    assert hits[0]["bm25"]["rank"] >= 1


def test_a_filter_narrows_the_search(client: httpx.Client, handbook: str) -> None:
    inside = {"query": "vacation", "filter": {"document_ids": [handbook]}}
    outside = {"query": "vacation", "filter": {"media_types": ["application/pdf"]}}
    assert client.post("/v1/search", json=inside).json()["hits"]
    assert client.post("/v1/search", json=outside).json()["hits"] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"question": " "}, (422, "empty_question")),
        ({"question": "a" * 100_000}, (413, "question_too_long")),
        ({"question": QUESTION, "collection": "missing"}, (404, "unknown_collection")),
        ({"question": QUESTION, "filter": {"document_ids": "x"}}, (422, "invalid_request")),
        ({"question": QUESTION, "filter": {"color": ["red"]}}, (422, "invalid_request")),
        ({"question": QUESTION, "history": [{"role": "system", "content": "x"}]}, (422, "invalid_request")),
        ({}, (422, "invalid_request")),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_question_is_refused_with_its_reason(
    client: httpx.Client, body: dict[str, object], expected: tuple[int, str], *, stream: bool
) -> None:
    assert problem(client.post("/v1/ask", json={**body, "stream": stream})) == expected


def test_broken_json_is_refused(client: httpx.Client) -> None:
    response = client.post("/v1/ask", content=b"{", headers={"content-type": "application/json"})
    assert problem(response) == (422, "invalid_request")
