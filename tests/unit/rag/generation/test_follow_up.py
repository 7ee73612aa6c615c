import pytest

from rag.answers import Condensed, Question, Role, Turn
from rag.generation.follow_up import LexicalCondenser, resolve_follow_up
from rag.types import Scope

HISTORY = (
    Turn(role=Role.USER, content="How many vacation days do full-time employees get?"),
    Turn(role=Role.ASSISTANT, content="30 days."),
)


@pytest.mark.parametrize(
    "question",
    ["And for part-time staff?", "Does it include public holidays and weekends?", "Part-time?", "那兼职员工呢？"],
)
def test_a_question_that_leans_on_history_gets_the_last_question_in_front(question: str) -> None:
    assert resolve_follow_up(question, HISTORY) == f"{HISTORY[0].content} {question}"


def test_a_question_of_its_own_stays_as_it_is() -> None:
    question = "Which torque do the water connections of the Fjord need?"
    assert resolve_follow_up(question, HISTORY) == question


def test_without_history_nothing_is_resolved() -> None:
    assert resolve_follow_up("And for part-time staff?", ()) == "And for part-time staff?"


async def test_the_lexical_condenser_does_the_same() -> None:
    question = Question(text="Part-time?", scope=Scope(tenant="acme", collection="hr"), history=HISTORY)
    assert await LexicalCondenser().condense(question) == Condensed(text=f"{HISTORY[0].content} Part-time?")
