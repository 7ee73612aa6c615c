import pytest

from rag.errors import WrongEndpointError
from rag.generation.endpoints.faults import FaultKind, checked_address, fault


@pytest.mark.parametrize(
    ("entered", "called"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        (" http://127.0.0.1:11434/ ", "http://127.0.0.1:11434/v1"),
        ("https://llm.example.org/v1/", "https://llm.example.org/v1"),
        ("https://llm.example.org/v1/chat/completions", "https://llm.example.org/v1"),
        ("https://llm.example.org/openai/v1/models", "https://llm.example.org/openai/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_an_address_is_brought_into_the_form_that_is_called(entered: str, called: str) -> None:
    assert checked_address(entered) == called


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "127.0.0.1:11434",
        "ftp://llm.example.org/v1",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
        "http://host:port/v1",
        "http://two words/v1",
        "https://user:word@llm.example.org/v1",
        "https://llm.example.org/v1?key=sk-secret",
        "https://llm.example.org/v1#part",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/v1",
        "http://metadata.google.internal/v1",
    ],
)
def test_what_is_no_address_of_a_model_server_is_refused_without_repeating_it(entered: str) -> None:
    with pytest.raises(WrongEndpointError) as refused:
        checked_address(entered)
    assert refused.value.parameter == "url"
    assert "sk-secret" not in str(refused.value)
    assert "word@" not in str(refused.value)


def test_every_kind_of_fault_is_said_in_words_without_a_status() -> None:
    for kind in FaultKind:
        said = fault(kind, "http://model/v1", details="GET http://model/v1/models: status 404", model="qwen")
        assert "status" not in said.message
        assert len(said.message.split(". ")) >= 1


def test_a_wrong_model_names_those_there_are() -> None:
    said = fault(FaultKind.UNKNOWN_MODEL, "http://model/v1", model="qwen", offered=["tiny", "large"])
    assert said.message == "The server has no model named 'qwen'. It has: tiny, large."


def test_a_missing_key_and_a_wrong_one_are_told_apart() -> None:
    missing = fault(FaultKind.WRONG_KEY, "http://model/v1").message
    wrong = fault(FaultKind.WRONG_KEY, "http://model/v1", has_key=True).message
    assert "asks for a key" in missing
    assert "does not accept this key" in wrong
