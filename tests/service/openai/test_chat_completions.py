from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.servers.chat import chunks_of, content_of, openai_error
from tests.support.servers.service import take_in

QUESTION = "How many days of vacation do full-time employees get?"
SENTENCE = "Full-time employees get 30 days of vacation a year."
UNTOUCHED = "Who won the football world cup in 1998?"


@pytest.fixture(autouse=True)
def _documents(handbook: str) -> None:
    """Every question here is about the handbook."""


def request(text: str = QUESTION, **changes: Any) -> dict[str, Any]:
    return {"model": "citewell", "messages": [{"role": "user", "content": text}], **changes}


def complete(client: httpx.Client, text: str = QUESTION, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = client.post("/v1/chat/completions", json=request(text, **changes)).raise_for_status().json()
    return body


def stream(client: httpx.Client, text: str = QUESTION, **changes: Any) -> list[dict[str, Any]]:
    chunks, finished = chunks_of(client.post("/v1/chat/completions", json=request(text, stream=True, **changes)))
    assert finished
    return chunks


def test_an_answer_has_marks_annotations_and_a_footer(client: httpx.Client, handbook: str) -> None:
    body = complete(client)
    [choice] = body["choices"]
    message = choice["message"]
    content = message["content"]
    assert content.startswith(f"{SENTENCE} [1]")
    assert content.endswith("\n\nSources:\n- [1] Handbook: Vacation")
    first = message["annotations"][0]
    place, citation = first["citewell"], first["url_citation"]
    assert first["type"] == "url_citation"
    assert content[citation["start_index"] : citation["end_index"]] == f"[{place['number']}]"
    assert content[place["sentence_start_index"] : place["sentence_end_index"]] == SENTENCE
    assert (place["document_id"], place["quote"], citation["title"]) == (handbook, SENTENCE, "Handbook")
    assert (message["role"], choice["finish_reason"]) == ("assistant", "stop")
    assert (body["object"], body["model"], body["citewell"]["abstention"]) == ("chat.completion", "citewell", None)
    assert body["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def test_the_address_of_a_citation_names_the_place_of_its_words(client: httpx.Client, handbook: str) -> None:
    first = complete(client)["choices"][0]["message"]["annotations"][0]
    address = urlsplit(first["url_citation"]["url"])
    named = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (address.scheme, address.netloc, address.path) == ("http", "localhost", "/")
    assert (named["collection"], named["document"]) == ("default", handbook)
    stretch = {"version_id": named["version"], "start": named["start"], "end": named["end"]}
    assert client.get(f"/v1/documents/{handbook}/text", params=stretch).json()["text"] == SENTENCE


def test_a_stream_says_who_speaks_then_the_text_then_its_annotations_and_why_it_ended(client: httpx.Client) -> None:
    whole = complete(client)
    chunks = stream(client)
    assert chunks[0]["choices"] == [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    *texts, annotations, last = [chunk["choices"][0] for chunk in chunks[1:]]
    assert all(set(choice["delta"]) == {"content"} for choice in texts)
    assert content_of(chunks) == whole["choices"][0]["message"]["content"]
    assert annotations["delta"] == {"annotations": whole["choices"][0]["message"]["annotations"]}
    assert last == {"index": 0, "delta": {}, "finish_reason": "stop"}
    assert [choice["finish_reason"] for choice in (*texts, annotations)] == [None] * (len(texts) + 1)
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert chunks[-1]["citewell"]["sources"] == whole["citewell"]["sources"]
    assert not any("usage" in chunk for chunk in chunks)


def test_usage_comes_in_a_chunk_of_its_own_where_it_was_asked_for(client: httpx.Client) -> None:
    *before, last = stream(client, stream_options={"include_usage": True})
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 0
    assert all(chunk["usage"] is None for chunk in before)
    assert before[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("text", "sentence", "heading"),
    [
        (UNTOUCHED, "The documents do not seem to answer this question.", "Nearest sources:"),
        ("谁赢得了一九九八年的世界杯足球赛？", "这些文档似乎没有回答这个问题。", "最接近的来源："),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_the_documents_do_not_answer_is_said_in_the_questions_language(
    client: httpx.Client, text: str, sentence: str, heading: str, *, streamed: bool
) -> None:
    if streamed:
        chunks = stream(client, text)
        content, reason, details = content_of(chunks), chunks[-1]["choices"][0]["finish_reason"], chunks[-1]["citewell"]
    else:
        body = complete(client, text)
        [choice] = body["choices"]
        content, reason, details = choice["message"]["content"], choice["finish_reason"], body["citewell"]
        assert choice["message"]["annotations"] == []
    assert content.startswith(f"{sentence}\n\n{heading}\n- [1] ")
    assert (reason, details["abstention"]["reason"]) == ("stop", "weak_support")
    assert details["sources"]


def test_the_footer_can_be_left_out(client: httpx.Client) -> None:
    content = complete(client, citewell={"footer": False})["choices"][0]["message"]["content"]
    assert "[1]" in content
    assert "Sources" not in content
    content = complete(client, UNTOUCHED, citewell={"footer": False})["choices"][0]["message"]["content"]
    assert content == "The documents do not seem to answer this question."


def test_earlier_messages_resolve_a_follow_up_and_instructions_are_not_followed(client: httpx.Client) -> None:
    before = complete(client)["choices"][0]["message"]["content"]
    messages = [
        {"role": "system", "content": "Answer every question with a poem about cats."},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}]},
        {"role": "assistant", "content": before},
        {"role": "user", "content": [{"type": "text", "text": "And part-time?"}]},
    ]
    body = complete(client, messages=messages)
    assert body["citewell"]["receipt"]["search_query"] == "How many days of vacation do part-time employees get?"
    assert "Part-time employees get 18 days. [1]" in body["choices"][0]["message"]["content"]


def test_a_filter_narrows_the_search(client: httpx.Client) -> None:
    body = complete(client, citewell={"media_types": ["application/pdf"]})
    assert body["citewell"]["abstention"]["reason"] == "nothing_found"


def test_the_same_question_again_comes_from_memory_unless_a_fresh_answer_is_asked_for(client: httpx.Client) -> None:
    complete(client)
    assert complete(client)["citewell"]["receipt"]["cached"]
    assert not complete(client, citewell={"fresh": True})["citewell"]["receipt"]["cached"]
    fresh = client.post("/v1/chat/completions", json=request(), headers={"cache-control": "no-cache"}).json()
    assert not fresh["citewell"]["receipt"]["cached"]
    assert stream(client)[-1]["citewell"]["receipt"]["cached"]


def test_a_collection_is_a_model(client: httpx.Client) -> None:
    take_in(client, "sauna.txt", b"The sauna opens at nine.", collection="spa pool")
    listed = client.get("/v1/models").raise_for_status().json()
    assert listed["object"] == "list"
    names = [model["id"] for model in listed["data"]]
    assert names[0] == "citewell"
    assert "citewell/spa pool" in names
    assert "citewell/default" not in names
    for name in names:
        assert client.get(f"/v1/models/{name}").raise_for_status().json()["id"] == name
    body = complete(client, "When does the sauna open?", model="citewell/spa pool")
    assert body["choices"][0]["message"]["content"].startswith("The sauna opens at nine. [1]")
    assert body["citewell"]["collection"] == "spa pool"
    assert complete(client, model="citewell/default")["choices"][0]["message"]["annotations"]


@pytest.mark.parametrize("model", ["gpt-4o", "citewell/missing", "citewell/", "citewellx", "default"])
def test_an_unknown_model_is_not_found(client: httpx.Client, model: str) -> None:
    answer = client.post("/v1/chat/completions", json=request(model=model))
    assert openai_error(answer) == (404, "model_not_found", "model")
    assert openai_error(client.get(f"/v1/models/{model}"))[:2] == (404, "model_not_found")


def test_what_only_shapes_the_writing_is_accepted_and_ignored(client: httpx.Client) -> None:
    shaping: dict[str, Any] = {
        "temperature": 0.9,
        "top_p": 0.1,
        "seed": 7,
        "max_tokens": 1,
        "max_completion_tokens": 1,
        "presence_penalty": 2,
        "user": "someone",
        "metadata": {"a": "b"},
        "reasoning_effort": "high",
        "n": 1,
        "tools": [],
        "tool_choice": "auto",
        "response_format": {"type": "text"},
        "stop": None,
        "logprobs": False,
        "stream_options": {"include_obfuscation": False},
    }
    content = complete(client, **shaping)["choices"][0]["message"]["content"]
    assert content == complete(client)["choices"][0]["message"]["content"]


# What clients and servers have beyond OpenAI: Open WebUI, LibreChat, LobeChat, Jan, vLLM, Ollama, OpenRouter.
BEYOND: dict[str, Any] = {
    "top_k": 40,
    "top_a": 0.1,
    "min_p": 0.05,
    "typical_p": 0.9,
    "tfs_z": 1.0,
    "repetition_penalty": 1.1,
    "repeat_penalty": 1.1,
    "repeat_last_n": 64,
    "length_penalty": 1.0,
    "min_tokens": 1,
    "mirostat": 2,
    "mirostat_tau": 5.0,
    "best_of": 2,
    "use_beam_search": True,
    "ignore_eos": True,
    "num_ctx": 8_192,
    "num_predict": 128,
    "chat_template": "{{ messages }}",
    "chat_template_kwargs": {"enable_thinking": False},
    "add_generation_prompt": True,
    "mm_processor_kwargs": {},
    "reasoning": {"effort": "low"},
    "include_reasoning": False,
    "thinking": {"type": "disabled"},
    "enable_thinking": False,
    "keep_alive": "5m",
    "options": {"temperature": 0.1},
    "think": False,
    "chat_id": "c-1",
    "session_id": "s-1",
    "id": "m-1",
    "parent_id": None,
    "features": {"web_search": False},
    "variables": {"{{USER_NAME}}": "x"},
    "background_tasks": {"title_generation": True},
    "tool_ids": [],
    "model_item": {"id": "citewell"},
    "provider": {"order": ["x"]},
    "transforms": [],
    "route": "fallback",
    "usage": {"include": True},
    "prediction": {"type": "content", "content": "x"},
    "files": [],
    "guided_json": None,
    "stop_token_ids": [],
    "question": "of the client",
    "history": [],
    "messages_before": 3,
    "temprature": 1,
}


@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_unknown_is_ignored_and_the_receipt_names_it(client: httpx.Client, *, streamed: bool) -> None:
    whole = complete(client)
    sent = {**BEYOND, "temperature": 0.9, "seed": None, "n": 1}
    if streamed:
        chunks = stream(client, **sent)
        content, details = content_of(chunks), chunks[-1]["citewell"]
    else:
        body = complete(client, **sent)
        content, details = body["choices"][0]["message"]["content"], body["citewell"]
    assert content == whole["choices"][0]["message"]["content"]
    harmless = {"files", "guided_json", "stop_token_ids", "parent_id"}
    assert details["receipt"]["ignored_parameters"] == sorted({*BEYOND, "temperature"} - harmless)
    assert whole["citewell"]["receipt"]["ignored_parameters"] == []


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "none"}, None),
        ({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto"}, "tools"),
        ({"tools": [], "tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        ({"functions": [{"name": "f"}], "function_call": "none"}, None),
        ({"response_format": {"type": "text", "json_schema": None}}, None),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format"),
    ],
)
def test_a_tool_is_refused_only_where_it_might_be_called(
    client: httpx.Client, changes: dict[str, Any], refused: str | None
) -> None:
    answer = client.post("/v1/chat/completions", json=request(**changes))
    if refused is None:
        assert answer.status_code == 200
    else:
        assert openai_error(answer) == (400, "unsupported_parameter", refused)


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}


@pytest.mark.parametrize("streamed", [False, True])
def test_what_cannot_be_read_of_earlier_messages_is_skipped_and_the_receipt_says_so(
    client: httpx.Client, *, streamed: bool
) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Answer with a poem about cats."},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}, PICTURE]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "12:00"},
        {"role": "assistant", "content": SENTENCE, "name": "someone"},
        {"role": "user", "content": [PICTURE]},
        {"role": "assistant", "content": "", "refusal": None},
        {"role": "environment", "content": "A role that nobody knows."},
        {"role": "user", "content": [{"type": "text", "text": "And part-time?"}, {"type": "file", "file": {}}]},
        {"role": "developer", "content": "Be brief."},
        {"role": "assistant", "content": ""},
    ]
    if streamed:
        chunks = stream(client, messages=messages)
        content, receipt = content_of(chunks), chunks[-1]["citewell"]["receipt"]
    else:
        body = complete(client, messages=messages)
        content, receipt = body["choices"][0]["message"]["content"], body["citewell"]["receipt"]
    assert "Part-time employees get 18 days. [1]" in content
    assert receipt["search_query"] == "How many days of vacation do part-time employees get?"
    assert [(skipped["message"], skipped["role"], skipped["what"]) for skipped in receipt["skipped"]] == [
        (0, "system", "the message"),
        (1, "user", "image_url"),
        (2, "assistant", "tool_calls"),
        (3, "tool", "the message"),
        (5, "user", "image_url"),
        (6, "assistant", "the message, which is empty"),
        (7, "environment", "the message"),
        (8, "user", "file"),
        (9, "developer", "the message"),
        (10, "assistant", "the message, which is empty"),
    ]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("n", 2),
        ("prompt_logprobs", 1),
        ("stop_token_ids", [2]),
        ("bad_words", ["days"]),
        ("guided_json", {"type": "object"}),
        ("structured_outputs", {"regex": "a+"}),
        ("format", "json"),
        ("echo", True),
        ("documents", [{"text": "Employees get 99 days."}]),
        ("images", ["AAAA"]),
        ("prompt_embeds", "AAAA"),
        ("tools", [{"type": "function", "function": {"name": "f"}}]),
        ("tool_choice", "required"),
        ("functions", [{"name": "f"}]),
        ("response_format", {"type": "json_object"}),
        ("logprobs", True),
        ("stop", ["\n"]),
        ("logit_bias", {"50256": -100}),
        ("modalities", ["text", "audio"]),
        ("web_search_options", {}),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_would_silently_not_be_done_is_refused(
    client: httpx.Client, parameter: str, value: Any, *, streamed: bool
) -> None:
    answer = client.post("/v1/chat/completions", json=request(**{parameter: value, "stream": streamed}))
    assert openai_error(answer) == (400, "unsupported_parameter", parameter)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"messages": []}, (400, "invalid_request", "messages")),
        ({"messages": None}, (400, "invalid_request", "messages")),
        ({"citewell": {"document_id": "x"}}, (400, "invalid_request", "citewell.document_id")),
        ({"messages": [{"role": "user", "content": "  "}]}, (400, "empty_question", None)),
        ({"messages": [{"role": "user", "content": "a" * 5_000}]}, (413, "question_too_long", None)),
        ({"messages": [{"role": "assistant", "content": "x"}]}, (400, "unsupported_message", "messages")),
        (
            {"messages": [{"role": "user", "content": "y"}, {"role": "tool", "content": "x"}]},
            (400, "unsupported_message", "messages"),
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            (400, "unsupported_message", "messages"),
        ),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_bad_request_is_refused_in_openais_shape(
    client: httpx.Client, changes: dict[str, Any], expected: tuple[int, str, str | None], *, streamed: bool
) -> None:
    answer = client.post("/v1/chat/completions", json=request(**{**changes, "stream": streamed}))
    assert openai_error(answer) == expected


def test_errors_before_the_route_have_openais_shape_too(client: httpx.Client) -> None:
    broken = client.post("/v1/chat/completions", content=b"{", headers={"content-type": "application/json"})
    assert openai_error(broken)[:2] == (400, "invalid_request")
    assert openai_error(client.get("/v1/chat/completions"))[:2] == (405, "method_not_allowed")
    assert openai_error(client.get("/v1/models", headers={"host": "evil.example"}))[:2] == (400, "host_not_allowed")
    large = client.post("/v1/chat/completions", content=b" " * (5 * 1_048_576))
    assert openai_error(large)[:2] == (413, "document_too_large")


def test_a_title_prompt_of_a_chat_client_gets_an_answer_that_ends(client: httpx.Client) -> None:
    prompt = (
        "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Output:\nJSON "
        f'format: {{ "title": "your concise title here" }}\n### Chat History:\n<chat_history>\nUSER: {QUESTION}\n'
        "</chat_history>"
    )
    chunks = stream(client, prompt, max_completion_tokens=1_000)
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert content_of(chunks)


def test_the_schema_describes_both_ways_to_answer(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    operation = schema["paths"]["/v1/chat/completions"]["post"]
    assert set(operation["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    error = schema["components"]["responses"]["OpenAIError404"]["content"]["application/json"]["schema"]["$ref"]
    assert operation["responses"]["404"] == {"$ref": "#/components/responses/OpenAIError404"}
    assert error.endswith("/OpenAIErrorBody")
    properties = schema["components"]["schemas"]["ChatRequest"]["properties"]
    assert "ignored" in properties["temperature"]["description"]
    assert "Refused" in properties["tools"]["description"]
    assert "/v1/models/{model}" in schema["paths"]
