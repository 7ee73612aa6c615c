from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answers import Role, Turn
from rag.errors import GeneratorError
from rag.generation.model_servers.context_window import ContextWindow
from rag.generation.model_servers.prompt_writer import PromptChoice, PromptWriter, WrittenPrompt
from rag.generation.prompts.data import AnswerPrompt
from tests.support.builders.passages import make_passage
from tests.support.builders.pipeline import WordTokenizer
from tests.support.builders.prompts import write_prompt
from tests.support.fakes.generation import generation_request
from tests.support.fakes.model_calls import ServerScript, calls_to

V1, V2 = AnswerPrompt("answer-v1"), AnswerPrompt("answer-v2")
PASSAGES = tuple(make_passage(f"P{number} " + "word " * 40, number=number, key=str(number)) for number in (1, 2, 3))
HISTORY = tuple(
    Turn(role=role, content=f"T{number} " + "word " * 40) for number in range(3) for role in (Role.USER, Role.ASSISTANT)
)
OVERHEAD = 8


def words(prompt: AnswerPrompt, *, turns: int = 6, passages: int = 3, examples: bool = True) -> int:
    messages = prompt.messages("Why?", PASSAGES[:passages], HISTORY[6 - turns :], examples=examples)
    return sum(len(content.split()) + OVERHEAD for _, content in messages) + OVERHEAD


async def write(
    prompt: AnswerPrompt, room: int, *, max_tokens: int = 50, history: tuple[Turn, ...] = HISTORY
) -> WrittenPrompt:
    window = ContextWindow(calls_to(ServerScript()), tokens=room + max_tokens, tokenizer=WordTokenizer())
    writer = PromptWriter(choice=PromptChoice([(prompt, 1.0)]), window=window, max_tokens=max_tokens)
    return await writer.write(generation_request("Why?", *PASSAGES, history=history))


def told(written: WrittenPrompt) -> str:
    return " ".join(degradation.reason for degradation in written.left_out)


async def test_what_fits_is_written_whole_and_nothing_is_said() -> None:
    written = await write(V2, words(V2))
    assert written.messages == V2.messages("Why?", PASSAGES, HISTORY)
    assert (written.name, written.passages, written.max_tokens, written.left_out) == ("answer-v2", PASSAGES, 50, ())


async def test_the_oldest_exchange_goes_first_and_whole() -> None:
    written = await write(V2, words(V2) - 1)
    assert written.messages == V2.messages("Why?", PASSAGES, HISTORY[2:])
    assert "the oldest 2 of 6 earlier turns" in told(written)
    assert "passages" not in told(written)


async def test_then_the_examples_then_the_worst_passages_and_numbers_stay() -> None:
    without = await write(V2, words(V2, turns=0) - 1)
    assert without.messages == V2.messages("Why?", PASSAGES, (), examples=False)
    assert "the oldest 6 of 6 earlier turns and the prompt's examples." in told(without)
    fewer = await write(V2, words(V2, turns=0, examples=False) - 1)
    assert fewer.passages == PASSAGES[:2]
    assert '<source number="2"' in fewer.messages[-1][1]
    assert "the passages [3]" in told(fewer)
    best = await write(V1, words(V1, turns=0, passages=1))
    assert best.passages == PASSAGES[:1]
    assert "the passages [2], [3]" in told(best)
    assert "examples" not in told(best)


async def test_a_window_too_small_for_one_passage_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(GeneratorError, match="CITEWELL_GENERATION__CONTEXT_TOKENS"):
        await write(V1, words(V1, turns=0, passages=1) - 1)


async def test_an_answer_gets_half_a_small_window_at_most() -> None:
    window = ContextWindow(calls_to(ServerScript()), tokens=1_000, tokenizer=WordTokenizer())
    writer = PromptWriter(choice=PromptChoice([(V1, 1.0)]), window=window, max_tokens=4_000)
    written = await writer.write(generation_request("Why?", *PASSAGES))
    assert (written.max_tokens, written.left_out) == (500, ())


@settings(max_examples=40, deadline=None)
@given(
    room=st.integers(min_value=words(V2, turns=0, passages=1, examples=False), max_value=words(V2) + 5),
    turns=st.integers(0, 6),
)
async def test_the_prompt_always_fits_and_what_is_missing_is_always_told(room: int, turns: int) -> None:
    for prompt in (V1, V2):
        history = HISTORY[6 - turns :]
        written = await write(prompt, room, history=history)
        assert sum(len(content.split()) + OVERHEAD for _, content in written.messages) + OVERHEAD <= room
        assert written.passages == PASSAGES[: len(written.passages)]
        whole = prompt.messages("Why?", PASSAGES, history)
        assert bool(written.left_out) is (written.messages != whole)
        roles = [role for role, _ in written.messages]
        assert roles[-1] == "user"


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
