from rag.generation.model_servers.context_window import ContextWindow
from tests.support.builders.pipeline import WordTokenizer
from tests.support.fakes.model_calls import ServerScript, calls_to

WORDS = 100


def chat(words: int) -> list[tuple[str, str]]:
    return [("user", "warranty " * words)]


def shrinking(number: int) -> list[tuple[str, str]]:
    return chat(WORDS - 10 * number)


async def test_the_size_is_what_the_settings_say_then_the_server_then_a_small_one() -> None:
    telling = calls_to(ServerScript(window=2_048))
    assert await ContextWindow(telling, tokens=1_000).size() == 1_000
    assert await ContextWindow(telling).size() == 2_048
    assert await ContextWindow(calls_to(ServerScript())).size() == 4_096


async def test_tokens_are_counted_by_the_tokenizer_then_the_server_then_an_estimate() -> None:
    script = ServerScript(tokens_per_word=2)
    assert await ContextWindow(calls_to(script), tokenizer=WordTokenizer()).count(chat(10)) == 10 + 2 * 8
    assert script.counted == []
    assert await ContextWindow(calls_to(script)).count(chat(10)) == 20
    assert await ContextWindow(calls_to(ServerScript())).count(chat(10)) == 3 * 10 + 2 * 8


async def test_a_prompt_that_fits_by_the_estimate_costs_no_call() -> None:
    script = ServerScript(tokens_per_word=1)
    window = ContextWindow(calls_to(script))
    assert await window.longest(8, shrinking, room=3 * WORDS + 16) == 0
    assert script.counted == []


async def test_a_prompt_that_fits_by_the_servers_count_costs_one_call_and_loses_nothing() -> None:
    script = ServerScript(tokens_per_word=1)
    assert await ContextWindow(calls_to(script)).longest(8, shrinking, room=WORDS) == 0
    assert len(script.counted) == 1


async def test_the_longest_version_that_fits_is_found_with_two_calls() -> None:
    script = ServerScript(tokens_per_word=1)
    assert await ContextWindow(calls_to(script)).longest(8, shrinking, room=75) == 3
    assert len(script.counted) == 2


async def test_without_a_server_that_counts_the_estimate_decides() -> None:
    assert await ContextWindow(calls_to(ServerScript())).longest(8, shrinking, room=3 * 75 + 16) == 3


async def test_a_version_that_the_estimate_thought_small_enough_is_counted_before_it_is_taken() -> None:
    def write(number: int) -> list[tuple[str, str]]:
        return [("user", ["warranty " * 100, "i " * 90, "i " * 50, "i"][number])]

    script = ServerScript(tokens_per_word=1)
    assert await ContextWindow(calls_to(script)).longest(4, write, room=60) == 2


async def test_the_last_version_is_counted_before_none_is_said_to_fit() -> None:
    script = ServerScript(tokens_per_word=1)
    window = ContextWindow(calls_to(script))
    assert await window.longest(8, shrinking, room=30) == 7
    assert await window.longest(8, shrinking, room=29) is None
    assert await window.longest(1, shrinking, room=29) is None
