from collections import Counter
from pathlib import Path

import pytest

from rag.answers import Role, Turn
from rag.generation.prompts.choice import PromptChoice
from rag.generation.prompts.data import AnswerPrompt
from tests.support.builders.prompts import write_prompt
from tests.support.fakes.generation import generation_request

V1, V2 = AnswerPrompt("answer-v1"), AnswerPrompt("answer-v2")
QUESTIONS = [f"Question {number}?" for number in range(2_000)]


def chosen(choice: PromptChoice) -> list[str]:
    return [choice.choose(generation_request(question)).name for question in QUESTIONS]


def test_one_prompt_is_everyones() -> None:
    assert set(chosen(PromptChoice([(V1, 0.3)]))) == {"answer-v1"}


@pytest.mark.parametrize("weight", [0.1, 0.5])
def test_each_prompt_gets_its_share_whatever_the_weights_add_up_to(weight: float) -> None:
    for scale in (1, 7):
        counts = Counter(chosen(PromptChoice([(V1, scale * (1 - weight)), (V2, scale * weight)])))
        assert abs(counts["answer-v2"] / len(QUESTIONS) - weight) < 0.04


def test_a_conversation_keeps_its_prompt() -> None:
    choice = PromptChoice([(V1, 1.0), (V2, 1.0)])
    for opening in QUESTIONS[:50]:
        history = (Turn(role=Role.USER, content=opening), Turn(role=Role.ASSISTANT, content="Yes."))
        first = choice.choose(generation_request(opening))
        assert choice.choose(generation_request("And why?", history=history)) is first
        assert choice.choose(generation_request(opening, history=history)) is first
        assert choice.choose(generation_request(f" {opening.upper()}\n")) is first


def test_a_raised_weight_takes_no_conversation_away_from_its_prompt() -> None:
    before, after = (chosen(PromptChoice([(V1, 1.0), (V2, weight)])) for weight in (0.2, 0.6))
    assert all(then == "answer-v2" for now, then in zip(before, after, strict=True) if now == "answer-v2")
    assert before != after


def test_a_new_prompt_changes_no_conversation_but_those_it_gets(tmp_path: Path) -> None:
    write_prompt(tmp_path)
    both = [(V1, 1.0), (V2, 1.0)]
    with_ours = chosen(PromptChoice([*both, (AnswerPrompt("ours-v1", folder=tmp_path), 1.0)]))
    assert "ours-v1" in with_ours
    assert {(now, then) for now, then in zip(chosen(PromptChoice(both)), with_ours, strict=True)} == {
        ("answer-v1", "answer-v1"),
        ("answer-v1", "ours-v1"),
        ("answer-v2", "answer-v2"),
        ("answer-v2", "ours-v1"),
    }
