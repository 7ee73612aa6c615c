import pytest

from rag.guard.personal.finder import find
from rag.settings import PersonalKind


def found(text: str) -> list[str]:
    return [text[each.span.start : each.span.end] for each in find(text) if each.kind is PersonalKind.PERSON]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ask Mateus Oliveira about it.", ["Mateus Oliveira"]),
        ("signed by Wernher von Braun today", ["Wernher von Braun"]),
        ("Ruth R. Montez and Jean-Pierre Dubois met.", ["Ruth R. Montez", "Jean-Pierre Dubois"]),
        ("Then Maria went home.", ["Maria"]),
        ("Dear Mrs. Labrie, thank you", ["Labrie"]),
        ("Kind regards,\nAantje Mourik", ["Aantje Mourik"]),
        ("My name is rubija", ["rubija"]),
        ("follow up with patricia krylova soon, or with roberto", ["patricia krylova", "roberto"]),
        ("Adam Borkowski came. Borkowski left.", ["Adam Borkowski", "Borkowski"]),
        ("Karl: Who is there?\nHugo: It is me.", ["Karl", "Hugo"]),
        ("联系人:王小明", ["王小明"]),
        ("请找张伟经理。", ["张伟"]),
    ],
)
def test_a_name_is_found(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "The Pump must be serviced every May.",
        "Barnett, Melton and Garcia is a firm.",
        "Fernandez Inc. and Martin Luther Hospital",
        "Paris, Berlin and Sydney are cities.",
        "The German Grace Period",
        "LlamaIndex, FinanceBench and QdrantEdge",
        "The file name is Report",
        "Will you Mark this?",
        "it queues a job and accepts a file, which it said lies in the brook",
    ],
)
def test_other_words_with_capitals_are_none(text: str) -> None:
    assert found(text) == []


def test_a_text_that_grows_in_title_case_is_left_as_it_is() -> None:
    assert found("ŉ maria") == []
