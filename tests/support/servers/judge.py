"""A scripted judge: an OpenAI-compatible server in memory, with optional faults."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx
from openai import AsyncOpenAI

from evals.ragas_scores.judge import Judge
from rag.settings import JudgeSettings

VERDICTS = (1, 1, 0, 1)
STATEMENTS = tuple(f"Statement {number}." for number in range(len(VERDICTS)))
URL = "http://judge/v1"
_NLI = {
    "statements": [{"statement": s, "reason": "r", "verdict": v} for s, v in zip(STATEMENTS, VERDICTS, strict=True)]
}
_RIGHT: Mapping[str, Sequence[object]] = {
    "StatementGeneratorOutput": [{"statements": list(STATEMENTS)}],
    "NLIStatementOutput": [_NLI],
    "StatementFaithfulnessOutput": [_NLI],
    "ClaimDecompositionOutput": [{"claims": list(STATEMENTS)}],
    "AnswerRelevanceOutput": [{"question": "How long is the warranty?", "noncommittal": 0}],
    "ContextPrecisionOutput": [{"reason": "r", "verdict": 0}, {"reason": "r", "verdict": 1}],
    "ContextRecallOutput": [
        {
            "classifications": [
                {"statement": "a", "reason": "r", "attributed": 1},
                {"statement": "b", "reason": "r", "attributed": 0},
            ]
        }
    ],
}


class Fault(Enum):
    NONE = "none"
    TIMES_OUT = "times out"
    STATUS_500 = "status 500"
    GARBAGE = "garbage"
    NO_CHOICES = "no choices"
    CUT = "cut"
    REFUSES = "refuses"
    OTHER_FORM = "other form"
    ODD_VERDICT = "odd verdict"


@dataclass
class JudgeScript:
    """``replies``: by form, in a cycle. ``spoiled``: forms with the fault."""

    replies: Mapping[str, Sequence[object]] = field(default_factory=lambda: dict(_RIGHT))
    fault: Fault = Fault.NONE
    spoiled: frozenset[str] = frozenset(_RIGHT)
    listed: tuple[str, ...] = ("tiny-judge", "other")
    models_fault: Fault = Fault.NONE
    requests: list[dict[str, Any]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    def client(self) -> AsyncOpenAI:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self._reply))
        return AsyncOpenAI(base_url=URL, api_key="none", http_client=http, max_retries=0)

    def judge(self, **settings: Any) -> Judge:
        return Judge(JudgeSettings(url=URL, **settings), self.client())

    def _reply(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/models"):
            if self.models_fault is not Fault.NONE:
                return _spoiled(self.models_fault, request, "")
            return httpx.Response(200, json={"object": "list", "data": [_model(name) for name in self.listed]})
        body = json.loads(request.content)
        self.requests.append(body)
        form = body["response_format"]["json_schema"]["name"]
        replies = self.replies[form]
        text = json.dumps(replies[self.asked[form] % len(replies)])
        self.asked[form] += 1
        return _spoiled(self.fault if form in self.spoiled else Fault.NONE, request, text)


def _spoiled(fault: Fault, request: httpx.Request, text: str) -> httpx.Response:
    if fault is Fault.TIMES_OUT:
        raise httpx.ReadTimeout("too slow", request=request)
    if fault is Fault.STATUS_500:
        return httpx.Response(500, json={"error": {"message": "out of memory"}})
    if fault is Fault.GARBAGE:
        return httpx.Response(200, content=b"\xff\xfe<html>", headers={"content-type": "application/json"})
    spoiled: dict[Fault, tuple[str, dict[str, Any]]] = {
        Fault.NO_CHOICES: (text, {"choices": []}),
        Fault.CUT: (text[: len(text) // 2], {"finish_reason": "length"}),
        Fault.REFUSES: ("", {"refusal": "I would rather not."}),
        Fault.OTHER_FORM: ("Sure! The verdict is 1.", {}),
        Fault.ODD_VERDICT: (text.replace('"verdict": 1', '"verdict": 7'), {}),
    }
    content, fields = spoiled.get(fault, (text, {}))
    return _completion(content, **fields)


def _completion(
    text: str, *, finish_reason: str = "stop", refusal: str | None = None, choices: list[object] | None = None
) -> httpx.Response:
    message = {"role": "assistant", "content": text, "refusal": refusal}
    one = {"index": 0, "message": message, "finish_reason": finish_reason}
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "tiny-judge"}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return httpx.Response(200, json={**body, "choices": [one] if choices is None else choices, "usage": usage})


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "tests"}
