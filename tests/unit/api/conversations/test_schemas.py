"""Answers that were stored by an earlier release are read: a field that is added later needs a default."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from api.conversations.schemas import TurnBody
from rag.catalog.conversations.records import TurnRecord, TurnState

NOW = datetime(2026, 11, 30, tzinfo=UTC)
SOURCE = {
    "number": 1,
    "chunk_id": "c1",
    "document_id": "d1",
    "version_id": "v1",
    "name": "pump.md",
    "title": "Pump",
    "heading_path": ["Service"],
    "page": 3,
    "start": 10,
    "end": 50,
    "text": "The pump is serviced every year.",
}
CITATION = {"number": 1, "chunk_id": "c1", "document_id": "d1", "version_id": "v1", "page": 3, "start": 10, "end": 42}
SENTENCE = {
    "index": 0,
    "text": "The pump is serviced every year.",
    "supported": True,
    "citations": [CITATION | {"quote": "The pump is serviced every year."}],
    "facts": [],
}
STORED: dict[str, Any] = {
    "search_query": "How often is the pump serviced?",
    "shape": "fact",
    "answer": "The pump is serviced every year.",
    "tables": [
        {
            "title": "Pumps",
            "header": ["Name"],
            "rows": [[{"text": "P1", "number": 1, "start": 10, "end": 12}, {"text": "x", "number": None}]],
            "query": "SELECT 1",
        }
    ],
    "abstention": {
        "reason": "weak_support",
        "message": "The documents do not say it.",
        "title": "The documents do not say it.",
        "advice": "",
    },
    "sentences": [SENTENCE],
    "sources": [SOURCE],
    "receipt": {
        "request_id": "r1",
        "search_query": "How often is the pump serviced?",
        "generator": "qwen",
        "prompt": "answer-v1",
        "encoder": "e5",
        "reranker": "best_sentence",
        "index": "edge",
        "stages": [{"stage": "retrieve", "milliseconds": 1.5, "count_in": 1, "count_out": 8}],
        "guard": {
            "question": False,
            "orders": 1,
            "requests": 0,
            "marked": 0,
            "withheld": 1,
            "defused": 0,
            "leaks": 0,
        },
        "context_tokens_before": 100,
        "context_tokens_after": 50,
        "usage": {
            "model": "qwen",
            "prompt_tokens": 200,
            "completion_tokens": 11,
            "truncated": False,
            "endpoint": "gpu",
            "cost": 0.5,
            "currency": "EUR",
            "cached_prompt_tokens": 0,
            "estimated": False,
        },
        "first_token_milliseconds": 3.5,
        "total_milliseconds": 9.5,
        "degraded": [{"stage": "rerank", "reason": "it is down"}],
        "cached": False,
        "verification": {"supported": 1, "unsupported": 0, "dropped": 0, "retried": 0},
        "arm": None,
    },
}


def turn(**about: Any) -> TurnBody:
    usual: dict[str, Any] = {
        "request_id": "r1",
        "state": TurnState.ANSWERED,
        "collection": "default",
        "question": "How often?",
        "answer": "Every year.",
        "body": None,
        "problem": None,
        "asked_at": NOW,
    }
    return TurnBody.of(TurnRecord(**usual | about))


def test_a_stored_answer_is_read_as_it_was_sent() -> None:
    answer = turn(body=json.dumps(STORED)).answer
    assert answer is not None
    read = json.loads(answer.model_dump_json())
    assert read["receipt"].pop("personal_data") == []  # answers of earlier releases have none
    assert {name: read[name] for name in STORED if name != "tables"} == {
        name: value for name, value in STORED.items() if name != "tables"
    }
    assert read["tables"][0]["rows"][0][0] == STORED["tables"][0]["rows"][0][0]


def test_what_was_written_of_a_stopped_answer_is_read() -> None:
    partial = {"sources": [SOURCE], "text": "The pump", "sentences": [SENTENCE]}
    problem = {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "Stopped.",
        "code": "answer_stopped",
    }
    body = turn(state=TurnState.STOPPED, body=json.dumps(partial), problem=json.dumps(problem))
    assert body.answer is None
    assert body.partial is not None
    assert json.loads(body.partial.model_dump_json()) == partial
    assert body.problem is not None
    assert body.problem.code == "answer_stopped"
