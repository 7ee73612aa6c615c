"""The clients that people have: the openai SDK, LangChain and LlamaIndex, against the real service."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

from rag.settings import Settings
from tests.service.conftest import HANDBOOK
from tests.support.servers.service import running_client, take_in

ASKED = "How many days of vacation do full-time employees get?"
SENTENCE = "Full-time employees get 30 days of vacation a year."
BASE_URL = "http://localhost/v1"


@pytest.fixture(scope="module")
def http(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The HTTP transport of the SDKs."""
    path = tmp_path_factory.mktemp("socket") / "api.sock"
    with running_client(settings, path) as client:
        take_in(client, "handbook.md", HANDBOOK.encode())
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=60) as opened:
            yield opened


@pytest.fixture
def sdk(http: httpx.Client) -> openai.OpenAI:
    return openai.OpenAI(base_url=BASE_URL, api_key="none", http_client=http, max_retries=0)


@pytest.fixture
def langchain(http: httpx.Client) -> ChatOpenAI:
    return ChatOpenAI(model="citewell", base_url=BASE_URL, api_key="none", http_client=http, max_retries=0)


@pytest.fixture
def llama_index(http: httpx.Client) -> OpenAILike:
    return OpenAILike(
        model="citewell", api_base=BASE_URL, api_key="none", is_chat_model=True, http_client=http, max_retries=0
    )


def test_the_sdk_reads_answer_annotations_and_details(sdk: openai.OpenAI) -> None:
    completion = sdk.chat.completions.create(model="citewell", messages=[{"role": "user", "content": ASKED}])
    message = completion.choices[0].message
    assert message.content is not None
    assert message.content.startswith(f"{SENTENCE} [1]")
    assert message.annotations is not None
    citation = message.annotations[0].url_citation
    assert message.content[citation.start_index : citation.end_index] == "[1]"
    assert message.annotations[0].model_extra is not None
    assert message.annotations[0].model_extra["citewell"]["quote"] == SENTENCE
    assert completion.model_extra is not None
    assert completion.model_extra["citewell"]["receipt"]["generator"] == "extractive"


def test_the_sdk_puts_a_stream_together(sdk: openai.OpenAI) -> None:
    with sdk.chat.completions.stream(
        model="citewell",
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}],
        stream_options={"include_usage": True},
    ) as stream:
        kinds = [event.type for event in stream]
        completion = stream.get_final_completion()
    whole = sdk.chat.completions.create(model="citewell", messages=[{"role": "user", "content": ASKED}])
    message, expected = completion.choices[0].message, whole.choices[0].message
    assert (message.role, message.content) == ("assistant", expected.content)
    assert message.annotations is not None
    assert expected.annotations is not None
    assert [each.url_citation.url for each in message.annotations] == [
        each.url_citation.url for each in expected.annotations
    ]
    assert (completion.choices[0].finish_reason, completion.usage) == ("stop", whole.usage)
    assert "content.done" in kinds


def test_the_sdk_lists_models_and_looks_one_up(sdk: openai.OpenAI) -> None:
    assert "citewell" in [model.id for model in sdk.models.list()]
    assert sdk.models.retrieve("citewell").owned_by == "citewell"


def test_the_sdk_raises_its_own_errors(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        sdk.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": ASKED}])
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError, match="'n' is not supported") as refused:
        sdk.chat.completions.create(model="citewell", messages=[{"role": "user", "content": ASKED}], n=2)
    assert refused.value.type == "invalid_request_error"


def test_the_sdk_narrows_the_search_with_an_extra_field(sdk: openai.OpenAI) -> None:
    completion = sdk.chat.completions.create(
        model="citewell",
        messages=[{"role": "user", "content": ASKED}],
        extra_body={"citewell": {"media_types": ["application/pdf"], "footer": False}},
    )
    assert completion.choices[0].message.content == "Nothing in the documents matches this question."
    assert completion.choices[0].finish_reason == "stop"


def test_langchain_holds_a_conversation(langchain: ChatOpenAI) -> None:
    first = langchain.invoke([SystemMessage("Be brief."), HumanMessage(ASKED)])
    assert isinstance(first.content, str)
    assert first.content.startswith(f"{SENTENCE} [1]")
    assert "Sources:\n- [1] Handbook" in first.content
    followed = langchain.invoke([HumanMessage(ASKED), AIMessage(first.content), HumanMessage("And part-time?")])
    assert "Part-time employees get 18 days. [1]" in str(followed.content)


def test_langchain_streams_what_it_gets_whole(langchain: ChatOpenAI) -> None:
    pieces = [str(piece.content) for piece in langchain.stream(ASKED)]
    assert len(pieces) > 1
    assert "".join(pieces) == langchain.invoke(ASKED).content


def test_llama_index_holds_a_conversation(llama_index: OpenAILike) -> None:
    first = llama_index.chat([ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content=ASKED)])
    assert str(first.message.content).startswith(f"{SENTENCE} [1]")
    asked = [ChatMessage(role="user", content=ASKED), first.message, ChatMessage(role="user", content="And part-time?")]
    assert "Part-time employees get 18 days. [1]" in str(llama_index.chat(asked).message.content)


def test_llama_index_streams_what_it_gets_whole(llama_index: OpenAILike) -> None:
    asked = [ChatMessage(role="user", content=ASKED)]
    pieces = [piece.delta or "" for piece in llama_index.stream_chat(asked)]
    assert len(pieces) > 1
    assert "".join(pieces) == llama_index.chat(asked).message.content
