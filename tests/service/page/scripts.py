"""Documents and answers that the scripted server shows; offsets are found in the texts, never written by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tests.support.servers.page_collections import problem
from tests.support.servers.page_jobs import JsonObject
from tests.support.servers.page_server import ScriptedAnswer, ScriptedDocument

TRAVEL = ScriptedDocument(
    document_id="travel",
    name="travel-and-expenses.pdf",
    title="Travel and expenses policy",
    pages=14,
    text="""Travel and expenses policy 🌍

1 Purpose

This policy says which costs the company pays when people travel for work, and how they are claimed. It applies to \
every employee and to contractors whose contract refers to it. Questions go to the finance desk, which answers within \
two working days.

2 Before you travel

Trips of more than one night need the approval of your manager before anything is booked. Book trains and flights \
through the travel desk; it knows the fares that can be changed. Rail is preferred to air for journeys of less than \
four hours. 🚆

3 Meals and lodging

While travelling, meals are paid up to 45 euros a day without receipts. Above that amount a receipt is needed for each \
meal, and the total may not go over 90 euros. Hotels are paid up to 160 euros a night, or 220 euros in London, Paris, \
Zurich and New York. Breakfast that is part of the room rate does not count as a meal.

4 Claims

Claims are handed in within 30 days after the last day of the trip. Later claims need a written reason and the \
approval of the finance director. Approved claims are paid with the next salary run.

5 Private cars

Private cars are paid at 0.38 euros per kilometre. Parking and tolls are paid in full against receipts; fines are not.
""",
)
HANDBOOK = ScriptedDocument(
    document_id="handbook",
    name="employee-handbook.docx",
    title="Employee handbook",
    text="""Employee handbook

Working hours

The working week has 38 hours. Core time is from 10:00 to 15:00.

Travelling for work

Time spent travelling counts as working time. Receipts may be photographed; the finance desk does not need the paper. \
Keep the originals until the claim has been paid.
""",
)
SECURITY = ScriptedDocument(
    document_id="security",
    name="信息安全规范.md",
    title="信息安全规范",
    text="""信息安全规范

密码

员工密码至少十二位，并且每九十天更换一次。禁止在多个系统中使用同一密码。离开座位时必须锁定屏幕。

访客

访客必须由员工全程陪同，并在前台登记。
""",
)
HOSTILE = ScriptedDocument(
    document_id="hostile",
    name='<img src=x onerror="window.hacked=1">.txt',
    title="<b>Bold</b> title",
    text="Before. <script>window.hacked=1</script> stays text. After.",
    collection="hostile",
)
DOCUMENTS = (TRAVEL, HANDBOOK, SECURITY, HOSTILE)


def source(number: int, document: ScriptedDocument, within: str, **place: object) -> JsonObject:
    """Returns the Source for the paragraph of ``document`` that holds ``within``."""
    at = document.text.index(within)
    start = document.text.rfind("\n\n", 0, at) + 2 if "\n\n" in document.text[:at] else 0
    end = document.text.find("\n\n", at)
    end = len(document.text) if end < 0 else end
    ids = {"chunk_id": f"{document.document_id}-{start}", "document_id": document.document_id}
    ids |= {"version_id": f"{document.document_id}-v1", "name": document.name, "title": document.title}
    text = {"start": start, "end": end, "text": document.text[start:end]}
    return {"number": number} | ids | {"heading_path": [], "page": None} | place | text


def citation(cited: JsonObject, quote: str) -> JsonObject:
    """Returns the Citation of ``quote`` in a source."""
    start = cited["start"] + cited["text"].index(quote)
    kept = {key: cited[key] for key in ("number", "chunk_id", "document_id", "version_id", "page")}
    return kept | {"start": start, "end": start + len(quote), "quote": quote}


CHECKED = {"supported": 1, "unsupported": 0, "dropped": 0, "retried": 0}


def receipt(question: str, **changes: object) -> JsonObject:
    """Returns a plausible receipt."""
    timed = (("condense", 0.4, 1, 1), ("retrieve", 11.8, 50, 50), ("rerank", 214.0, 50, 12), ("compress", 6.1, 12, 4))
    stages = [
        {"stage": stage, "milliseconds": milliseconds, "count_in": count_in, "count_out": count_out}
        for stage, milliseconds, count_in, count_out in (*timed, ("generate", 1103.0, 4, 3), ("verify", 18.6, 3, 3))
    ]
    models = {"generator": "Qwen2.5-7B-Instruct-AWQ", "prompt": "answer-3", "encoder": "all-MiniLM-L6-v2 int8"}
    models |= {"reranker": "ms-marco-MiniLM-L6 int8", "index": "qdrant-edge"}
    numbers: JsonObject = {"context_tokens_before": 2184, "context_tokens_after": 655, "degraded": []}
    used = {"model": models["generator"], "prompt_tokens": 812, "completion_tokens": 58, "truncated": False}
    numbers |= {"usage": used, "verification": CHECKED}
    times = {"first_token_milliseconds": 402.0, "total_milliseconds": 1354.0, "cached": False}
    return (
        {"request_id": "req-7f3a", "search_query": question} | models | {"stages": stages} | numbers | times | changes
    )


def sentence(index: int, text: str, *citations: JsonObject) -> JsonObject:
    """Returns a Sentence; without citations it is unsupported. Every number but 24 is found in the cited words."""
    supported = bool(citations)
    facts = [
        {"start": found.start(), "end": found.end(), "kind": "number", "found": supported and found[0] != "24"}
        for found in re.finditer(r"\d+", text)
    ]
    return {"index": index, "text": text, "supported": supported, "citations": list(citations), "facts": facts}


def tokens(text: str) -> list[tuple[str, JsonObject]]:
    """Cuts a text as a model would write it: Latin words with the space before them, other signs one by one."""
    return [("token", {"text": piece}) for piece in re.findall(r"\s*[!-~]+|\s*[^\s!-~]|\s+", text)]


def answered(
    question: str,
    sources: Sequence[JsonObject],
    sentences: Sequence[JsonObject],
    tables: Sequence[JsonObject] = (),
    **receipt_changes: object,
) -> ScriptedAnswer:
    """Returns the whole stream of an answer."""
    answer = " ".join(each["text"] for each in sentences)
    events: list[tuple[str, JsonObject]] = [("sources", {"sources": list(sources)})]
    for each in sentences:
        events += tokens(each["text"] if each["index"] == 0 else f" {each['text']}")
        events.append(("sentence", each))
    done: JsonObject = {"answer": answer, "abstention": None, "sentences": list(sentences), "sources": list(sources)}
    done["tables"] = list(tables)
    return ScriptedAnswer(events=[*events, ("done", done | {"receipt": receipt(question, **receipt_changes)})])


LOOSELY_RELATED = [
    "The passages found are only loosely related to the question.",
    "Try other words, or add a document about it.",
]


def _abstained(question: str, sources: Sequence[JsonObject]) -> ScriptedAnswer:
    title, advice = LOOSELY_RELATED
    abstention = {"reason": "weak_support", "message": f"{title} {advice}", "title": title, "advice": advice}
    done: JsonObject = {"answer": "", "abstention": abstention, "sentences": []}
    done |= {"sources": list(sources), "receipt": receipt(question, first_token_milliseconds=None)}
    return ScriptedAnswer(events=[("sources", {"sources": list(sources)}), ("done", done)])


MEALS = source(1, TRAVEL, "45 euros", page=6, heading_path=["Travel and expenses policy", "3 Meals and lodging"])
CLAIMS = source(2, TRAVEL, "30 days", page=8, heading_path=["Travel and expenses policy", "4 Claims"])
PAPER = source(3, HANDBOOK, "photographed", heading_path=["Employee handbook", "Travelling for work"])
PASSWORD = source(1, SECURITY, "十二位", heading_path=["信息安全规范", "密码"])
SCRIPT = source(1, HOSTILE, "<script>")

MEALS_QUOTE = "meals are paid up to 45 euros a day without receipts"
CLAIMS_QUOTE = "Claims are handed in within 30 days after the last day of the trip."
ANSWER = (
    sentence(
        0, "Meals are paid up to 45 euros a day; above that each meal needs a receipt.", citation(MEALS, MEALS_QUOTE)
    ),
    sentence(
        1,
        "Hand in the claim within 30 days after the trip, and photographed receipts are enough.",
        citation(CLAIMS, CLAIMS_QUOTE),
        citation(PAPER, "Receipts may be photographed"),
    ),
    sentence(2, "Most people are paid back within a fortnight."),
)
MEALS_QUESTION = "What can I claim for meals on a business trip, and by when?"
CAR_QUESTION = "And with my own car?"
CAR = source(1, TRAVEL, "0.38 euros", page=9, heading_path=["5 Private cars"])
ABSTAIN_QUESTION = "How many days of parental leave are there?"
ERROR_QUESTION = "Break in the middle"
HANG_QUESTION = "Never come to an end"
LONG_QUESTION = "Say one sentence and then more"
TABLE_QUESTION = "Which limit is the highest?"
COMPUTED_QUESTION = "What do 24 days of meals cost?"
CHINESE_QUESTION = "密码多久更换一次？"
HOSTILE_QUESTION = "<img src=x onerror='window.hacked=1'>?"
DEGRADED = [{"stage": "rerank", "reason": "The reranker did not answer; the fused order was used."}]
HOSTILE_SENTENCE = "An <img src=x onerror='window.hacked=1'> stays text."
ERROR = problem(503, "generator_failed", "The model failed: connection reset. Check its server, then ask again.")

_CELL = citation(MEALS, "45 euros")
LIMITS = {
    "title": "Limits",
    "header": ["What", "Limit"],
    "rows": [
        [
            {"text": "Meals <b>", "number": None, "start": None, "end": None},
            {"text": "45 euros", "number": 1, "start": _CELL["start"], "end": _CELL["end"]},
        ]
    ],
    "query": 'SELECT max("Limit") FROM "Limits"',
}

ANSWERS = {
    TABLE_QUESTION: answered(
        TABLE_QUESTION, (MEALS,), (sentence(0, "Meals: Limit 45 euros.", citation(MEALS, MEALS_QUOTE)),), (LIMITS,)
    ),
    MEALS_QUESTION: answered(
        MEALS_QUESTION, (MEALS, CLAIMS, PAPER), ANSWER, verification=CHECKED | {"supported": 2, "unsupported": 1}
    ),
    CAR_QUESTION: answered(
        "How are private cars paid on a business trip?",
        (CAR,),
        (sentence(0, "Your own car is paid at 0.38 euros per kilometre.", citation(CAR, "0.38 euros per kilometre")),),
        degraded=DEGRADED,
        verification=CHECKED | {"dropped": 2, "retried": 1},
    ),
    COMPUTED_QUESTION: answered(
        COMPUTED_QUESTION, (MEALS,), (sentence(0, "It is 45 euros on each of 24 days.", citation(MEALS, MEALS_QUOTE)),)
    ),
    CHINESE_QUESTION: answered(
        CHINESE_QUESTION,
        (PASSWORD,),
        (sentence(0, "员工密码每九十天更换一次，至少十二位。", citation(PASSWORD, "每九十天更换一次")),),
    ),
    HOSTILE_QUESTION: answered(
        HOSTILE_QUESTION,
        (SCRIPT,),
        (sentence(0, HOSTILE_SENTENCE, citation(SCRIPT, "<script>window.hacked=1</script> stays text")),),
    ),
    ABSTAIN_QUESTION: _abstained(ABSTAIN_QUESTION, (PAPER | {"number": 1}, CLAIMS)),
    ERROR_QUESTION: ScriptedAnswer(
        events=[("sources", {"sources": [MEALS]}), *tokens("Meals are paid up"), ("error", ERROR)]
    ),
    LONG_QUESTION: ScriptedAnswer(
        events=[
            ("sources", {"sources": [MEALS]}),
            *tokens(ANSWER[0]["text"]),
            ("sentence", ANSWER[0]),
            *tokens(" And then"),
        ],
        hangs=True,
    ),
    HANG_QUESTION: ScriptedAnswer(events=[("sources", {"sources": [MEALS]}), *tokens("Meals are paid")], hangs=True),
}
