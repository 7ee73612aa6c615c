"""Scripted answers with a layout: Markdown as a model writes it, a long table, and look-alike sources."""

from __future__ import annotations

from tests.service.page import scripts
from tests.service.page.scripts import CLAIMS, MEALS, PAPER, TRAVEL, citation, sentence, source, tokens
from tests.support.servers.page_jobs import JsonObject
from tests.support.servers.page_server import ScriptedAnswer

MARKDOWN_QUESTION = "Sum up the travel rules"
MARKDOWN = """## Travel **rules**

Meals are paid up to **45 euros** a day. Claims are due within 30 days.

1. Ask your manager.
2. Book through `travel desk`:
   - trains first
   - flights last
3. Keep every receipt until 2025-04-14.

| What | Limit |
|---|---|
| Hotel | 160 euros |
| Meal | 45 euros |

```sh
claim --trip 96 <b>kg</b>
```

> Fines are not paid. See [the rules](https://rules.example/travel_policy) or [this](javascript:alert(1)).

<img src=x onerror="window.hacked=1"> ![seen](https://evil.example/x.png?q=1)
"""
_SENTENCES = (
    ("Meals are paid up to **45 euros** a day.", (citation(MEALS, scripts.MEALS_QUOTE),)),
    ("Claims are due within 30 days.", (citation(CLAIMS, scripts.CLAIMS_QUOTE),)),
    ("1. Ask your manager.", (citation(CLAIMS, "Claims are handed in"),)),
    ("2. Book through `travel desk`:", (citation(PAPER, "Receipts may be photographed"),)),
    ("- trains first", (citation(PAPER, "Receipts may be photographed"),)),
    ("3. Keep every receipt until 2025-04-14.", (citation(PAPER, "Receipts may be photographed"),)),
    ("| Hotel | 160 euros |", (citation(MEALS, "Hotels are paid up to 160 euros a night"),)),
    ("| Meal | 45 euros |", (citation(MEALS, "45 euros"),)),
    ("> Fines are not paid.", ()),
)


def _done(question: str, text: str, sentences: list[JsonObject], sources: list[JsonObject]) -> JsonObject:
    facts: JsonObject = {"answer": text, "abstention": None, "sentences": sentences, "sources": sources}
    return facts | {"search_query": question, "shape": "passage", "tables": [], "receipt": scripts.receipt(question)}


def _markdown() -> ScriptedAnswer:
    sentences = [sentence(at, text, *citations) for at, (text, citations) in enumerate(_SENTENCES)]
    sources = [MEALS, CLAIMS, PAPER]
    events: list[tuple[str, JsonObject]] = [("sources", {"sources": sources})]
    at = 0
    for each in sentences:
        end = MARKDOWN.index(each["text"], at) + len(each["text"])
        events += [*tokens(MARKDOWN[at:end]), ("sentence", each)]
        at = end
    events += [*tokens(MARKDOWN[at:]), ("done", _done(MARKDOWN_QUESTION, MARKDOWN, sentences, sources))]
    return ScriptedAnswer(events=events)


PRICES_QUESTION = "What does everything cost?"
_PRICE = {"number": 1} | {key: citation(MEALS, "45 euros")[key] for key in ("start", "end")}
PRICES: JsonObject = {
    "title": "Prices",
    "header": ["Article", "Price", "Since"],
    "rows": [
        [{"text": f"LP-{row}00"} | _PRICE, {"text": f"{row},349.00"} | _PRICE, {"text": "2025-04-14"} | _PRICE]
        for row in range(1, 25)
    ],
    "query": "",
}
ALIKE_QUESTION = "Which sections are alike?"
ALIKE = [
    source(number, TRAVEL, within, heading_path=[], page=None)
    for number, within in enumerate(("45 euros", "30 days", "0.38 euros"), start=1)
]
REFUSED_QUESTION = "Who is the king?"
REFUSAL = {
    "reason": "weak_support",
    "message": "The documents do not seem to answer this. Nearest: Travel and expenses policy. Try other words.",
    "title": "The documents do not seem to answer this.",
    "advice": "Try other words.",
}
ANSWERS = {
    MARKDOWN_QUESTION: _markdown(),
    PRICES_QUESTION: scripts.answered(
        PRICES_QUESTION, (MEALS,), (sentence(0, "There are 24 prices.", citation(MEALS, "45 euros")),), (PRICES,)
    ),
    ALIKE_QUESTION: scripts.answered(
        ALIKE_QUESTION,
        ALIKE,
        (
            sentence(0, "Meals.", citation(ALIKE[0], "45 euros")),
            sentence(1, "Claims.", citation(ALIKE[1], "30 days")),
            sentence(2, "Cars.", citation(ALIKE[2], "0.38 euros")),
        ),
    ),
    REFUSED_QUESTION: ScriptedAnswer(
        events=[
            ("sources", {"sources": [PAPER | {"number": 1}, CLAIMS]}),
            (
                "done",
                _done(REFUSED_QUESTION, "", [], [PAPER | {"number": 1}, CLAIMS])
                | {"abstention": REFUSAL, "shape": "refusal"},
            ),
        ]
    ),
}
