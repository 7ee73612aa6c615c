import pytest

from rag.answers import Composed
from rag.composition.greeting import GreetingPlanner
from rag.composition.material import Material
from rag.retrieval.evidence import EvidenceScorer
from rag.types import Passage, Scope
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import HashEncoder

HITS = (make_hit("Oil the loom.", key="l", title="Loom manual"), make_hit("Fire the kiln.", key="k", title="Kilns"))


def plan(question: str, *, empty: bool = False) -> Composed | None:
    passages = () if empty else tuple(Passage(number=at, hit=hit, kept=()) for at, hit in enumerate(HITS, start=1))
    scope = Scope(tenant="acme", collection="default")
    material = Material(question=question, scope=scope, passages=passages, scorer=EvidenceScorer(HashEncoder()))
    return GreetingPlanner().plan(material)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("Hi!", "Hello!"),
        ("hello there :)", "Hello!"),
        ("thanks a lot", "You're welcome!"),
        ("help", "I answer questions"),
        ("what can you do?", "I answer questions"),
        ("Hallo zusammen", "Hallo!"),
        ("¡Muchas gracias!", "¡De nada!"),
        ("Bonjour", "Bonjour"),
        ("谢谢", "不客气"),
    ],
)
def test_what_is_no_question_gets_a_friendly_line_with_what_can_be_asked(said: str, reply: str) -> None:
    composed = plan(said)
    assert composed is not None
    assert composed.certain
    assert composed.sentences[0].text.startswith(reply)
    assert "Loom manual, Kilns" in composed.sentences[0].text


@pytest.mark.parametrize(
    "asked", ["hi, how heavy is the loom?", "help with the kiln", "ok button", "who is the mayor?", ""]
)
def test_questions_are_left_to_others(asked: str) -> None:
    assert plan(asked) is None


def test_without_documents_it_says_that_there_are_none() -> None:
    composed = plan("hello", empty=True)
    assert composed is not None
    assert "no documents" in composed.sentences[0].text
