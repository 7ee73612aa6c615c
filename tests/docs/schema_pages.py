"""Pages of the reference that are written from ``/openapi.json``: calls, bodies, receipts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.app import create_app
from rag.settings import Settings
from tests.docs.tables import as_page, cell

_SCHEMAS = "#/components/schemas/"
_FORM = "Body_"
_ANY_CALL = {"400", "403", "422", "500"}
_WORDS = {
    "integer": "whole number",
    "boolean": "true or false",
    "string": "text",
    "date-time": "time",
    "date": "day",
    "binary": "bytes",
}
_RECEIPTS = (
    ("Receipt of an answer", "ReceiptBody"),
    ("Entry of `stages`", "StageBody"),
    ("`usage`", "UsageBody"),
    ("`verification`", "VerificationBody"),
    ("`guard`", "GuardBody"),
    ("Entry of `degraded`", "DegradationBody"),
    ("Receipt of a delete", "DeletionBody"),
    ("Entry of its `versions`", "PurgedVersionBody"),
)
_RECEIPT = """# Receipt

Every answer carries a receipt, in `receipt`. It says how the answer came about. The stages are explained in
[Life of an answer](../concepts/answer-life.md), the receipt of a delete in
[Visibility and receipts](../concepts/visibility-and-receipts.md).
"""
_API = """# HTTP API

Written from `/openapi.json`, which any running service serves. Every call may also answer 400, 403, 422 or 500;
[Errors](errors.md) lists the codes. [The guide](../guides/http-api.md) shows the calls in use.
"""

_MEANINGS = {
    "request_id": "Names the answer: in feedback, traces, logs and the `X-Request-ID` header.",
    "search_query": "The question as it was searched, with what the turns before it resolved.",
    "generator": "Writer of the answer: a model, or `extractive`.",
    "prompt": "Name of the prompt; null where no model wrote.",
    "encoder": "Encoder, with its form.",
    "reranker": "Reranker; `none` for the fused order.",
    "index": "Kind of index.",
    "stages": "One entry for each stage that ran, in order.",
    "context_tokens_before": "Tokens of the passages before compression.",
    "context_tokens_after": "Tokens of the passages after compression.",
    "usage": "Tokens and cost; null where no model wrote.",
    "first_token_milliseconds": "Time from the question to the first word; null where nothing was written.",
    "total_milliseconds": "Time from the question to the end of the answer.",
    "degraded": "One entry for each part that did less than it was configured to do.",
    "cached": "Whether the answer was kept from an earlier question; stages, times and usage are this question's.",
    "verification": "What the check of the sentences found.",
    "guard": "What the guard found and did; null for a search.",
    "question": "Whether the question gave orders to the model, or held forbidden words.",
    "orders": "Places in the passages that gave orders to a model.",
    "requests": "Places in the passages that asked for something foreign to them.",
    "marked": "Passages shown to the model as data.",
    "withheld": "Sentences that did not go out.",
    "defused": "Places in the answer that were links, images or HTML.",
    "leaks": "Sentences withheld because they held the model's instructions.",
    "stage": "Name of the stage.",
    "milliseconds": "Time that it took.",
    "count_in": "Things that went in: candidates, hits, passages.",
    "count_out": "Things that came out.",
    "reason": "What it did instead, and why.",
    "model": "Model that wrote.",
    "prompt_tokens": "Tokens of the prompt.",
    "completion_tokens": "Tokens of the answer.",
    "truncated": "Whether the model stopped at its limit of tokens.",
    "endpoint": "Name of the model server.",
    "cost": "Cost in `currency`; null where the endpoint has no prices.",
    "currency": "Currency of the endpoint's prices.",
    "cached_prompt_tokens": "Tokens of the prompt that the server's prefix cache held.",
    "estimated": "Whether the server did not count, so that these are our own figures.",
    "supported": "Sentences that a passage supports.",
    "unsupported": "Sentences shown that no passage supports.",
    "dropped": "Sentences left out because no passage supports them.",
    "retried": "How often the whole answer was written again.",
    "id": "Id of the receipt.",
    "kind": "What was deleted: document, version or collection.",
    "name": "Name of the document or collection.",
    "collection": "Collection that held it.",
    "state": "`pending` until all of it is purged, then `purged`.",
    "requested_at": "When it was deleted, and invisible.",
    "finished_at": "When the last of it was purged.",
    "index_files_erased_at": "Since when no file of the index holds its bytes; null for ever on a Qdrant server.",
    "versions": "One entry for each version that was deleted.",
    "document_id": "Id of the document.",
    "version_id": "Id of the version.",
    "chunks": "Chunks that it had in the index.",
    "vectors_purged_at": "Since when its vectors are gone.",
    "text_index_purged_at": "Since when its terms are gone.",
    "extracted_text_purged_at": "Since when its extracted text is gone.",
    "caches_purged_at": "Since when answers and vectors in memory are gone.",
    "original_purged_at": "Since when its original bytes are gone.",
}
"""Of the fields of receipts that the schema itself does not describe."""


def receipt_page() -> str:
    """Every field of an answer's receipt and of a delete's."""
    schemas = _openapi()["components"]["schemas"]
    bodies = _Bodies(schemas, page="api.md", meanings=_MEANINGS)
    lines = [_RECEIPT]
    for title, name in _RECEIPTS:
        lines += [f"## {title}\n", *bodies.described(name)]
    return as_page(lines)


def api_page() -> str:
    """Every call of the HTTP API, group by group, and every body."""
    schema = _openapi()
    bodies = _Bodies(schema["components"]["schemas"])
    groups: dict[str, list[str]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).extend(_operation(method, path, operation, bodies))
    lines = [_API]
    for group, operations in groups.items():
        lines += [f"## {group.capitalize()}\n", *operations]
    lines.append("## Bodies\n")
    for name in bodies.names:
        lines += [f"### {name}\n", *bodies.described(name)]
    return as_page(lines)


def _operation(method: str, path: str, operation: Mapping[str, Any], bodies: _Bodies) -> Iterator[str]:
    yield f"### {method.upper()} `{path}`\n"
    yield f"{operation.get('description', '').strip()}\n"
    parameters = operation.get("parameters", ())
    if parameters:
        yield "| parameter | in | type | meaning |\n|---|---|---|---|"
        for each in parameters:
            kind, meaning = bodies.type(each["schema"]), cell(each.get("description"))
            yield f"| `{each['name']}` | {each['in']} | {kind} | {meaning} |"
        yield ""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        form = str(content["schema"].get("$ref", "")).removeprefix(_SCHEMAS)
        if form.startswith(_FORM):
            yield f"Body: `{media_type}`, with these fields:\n"
            yield from bodies.fields(form)
            yield ""
        else:
            yield f"Body: {bodies.contents({media_type: content})}.\n"
    statuses = operation["responses"]
    for status in statuses:
        if status.startswith("2"):
            yield f"Answers {status}: {bodies.contents(statuses[status].get('content', {})) or 'no body'}.\n"
    if others := [status for status in statuses if not status.startswith("2") and status not in _ANY_CALL]:
        yield f"May also answer {', '.join(others)}.\n"


class _Bodies:
    """Writes bodies, with links to those that they hold; ``page`` is where all are, if it is another page.

    With ``meanings`` each field must be described, by the schema or there.
    """

    def __init__(
        self, schemas: Mapping[str, Any], *, page: str = "", meanings: Mapping[str, str] | None = None
    ) -> None:
        self._schemas = schemas
        self._page = page
        self._meanings = meanings
        self.names = sorted(name for name, each in schemas.items() if "properties" in each and _FORM not in name)

    def described(self, name: str) -> Iterator[str]:
        yield f"{self._schemas[name].get('description', '')}\n"
        yield from self.fields(name)
        yield ""

    def fields(self, name: str) -> Iterator[str]:
        yield "| field | type | meaning |\n|---|---|---|"
        for field, schema in self._schemas[name]["properties"].items():
            meaning = schema.get("description") or (self._meanings[field] if self._meanings else "")
            yield f"| `{field}` | {self.type(schema)} | {cell(meaning)} |"

    def contents(self, content: Mapping[str, Any]) -> str:
        parts = []
        for media_type, each in content.items():
            kind = self.type(each.get("schema", {}))
            parts.append(f"`{media_type}` ({kind})" if kind.startswith("[") else f"`{media_type}`")
        return " or ".join(parts)

    def type(self, schema: Mapping[str, Any]) -> str:
        if "$ref" in schema:
            return self._named(schema["$ref"].removeprefix(_SCHEMAS))
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(self.type(each) for each in schema["anyOf"]))
        if "enum" in schema or "const" in schema:
            return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
        kind = str(schema.get("type", ""))
        if kind == "array":
            return f"list of {self.type(schema.get('items', {})) or 'values'}"
        return _WORDS.get(str(schema.get("format")), _WORDS.get(kind, kind))

    def _named(self, name: str) -> str:
        if name in self.names:
            return f"[{name}]({self._page}#{name.lower()})"
        found = self._schemas[name]
        return self.type(found) if "enum" in found or "const" in found else name


def _openapi() -> dict[str, Any]:
    return create_app(Settings()).openapi()
