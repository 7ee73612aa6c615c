import pytest

from rag.errors import GeneratorError
from tests.support.fakes.model_calls import ServerScript, calls_to

MESSAGES = [("system", "Be brief."), ("user", "How long?")]


async def test_a_server_that_tells_its_window_is_asked_once() -> None:
    script = ServerScript(window=2_048)
    server = calls_to(script)
    assert [await server.context_tokens(), await server.context_tokens()] == [2_048, 2_048]
    assert script.listed == 1


async def test_a_server_that_does_not_tell_its_window_or_fails_has_none() -> None:
    assert await calls_to(ServerScript()).context_tokens() is None
    unlisted = ServerScript(window=2_048)
    server = calls_to(unlisted, model="other")
    assert [await server.context_tokens(), await server.context_tokens()] == [None, None]
    assert unlisted.listed == 1
    script = ServerScript(window=2_048, status=503)
    server = calls_to(script)
    assert await server.context_tokens() is None
    script.status = 200
    assert await server.context_tokens() == 2_048


async def test_the_server_counts_a_whole_chat_in_one_call() -> None:
    script = ServerScript(tokens_per_word=2)
    assert await calls_to(script, model="tiny-model").count(MESSAGES) == 8
    [asked] = script.counted
    assert asked["model"] == "tiny-model"
    assert asked["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How long?"}]


@pytest.mark.parametrize(("status", "calls"), [(404, 1), (405, 1), (503, 2)])
async def test_a_server_that_does_not_count_is_not_asked_again_but_one_that_fails_is(status: int, calls: int) -> None:
    script = ServerScript(count_status=status)
    server = calls_to(script)
    assert [await server.count(MESSAGES), await server.count(MESSAGES)] == [None, None]
    assert len(script.counted) == calls


@pytest.mark.parametrize("model", ["", "tiny-model"])
async def test_a_reply_comes_whole_from_the_model_asked_for(model: str) -> None:
    script = ServerScript(reply="NO")
    assert await calls_to(script, model=model).complete(MESSAGES, max_tokens=3) == "NO"
    assert (script.asked[0]["model"], script.asked[0]["max_tokens"]) == ("tiny-model", 3)


@pytest.mark.parametrize("garbage", ["", "no JSON", "[]", "{}", '{"choices": null, "data": null, "count": "many"}'])
async def test_what_cannot_be_read_is_a_generator_error_and_no_count_or_window(garbage: str) -> None:
    server = calls_to(ServerScript(garbage=garbage), model="m")
    assert await server.count(MESSAGES) is None
    assert await server.context_tokens() is None
    with pytest.raises(GeneratorError):
        await server.complete(MESSAGES, max_tokens=3)


async def test_an_error_or_a_reply_that_was_cut_off_is_a_generator_error() -> None:
    with pytest.raises(GeneratorError):
        await calls_to(ServerScript(status=503), model="m").complete(MESSAGES, max_tokens=3)
    with pytest.raises(GeneratorError):
        await calls_to(ServerScript(status=503)).complete(MESSAGES, max_tokens=3)
    with pytest.raises(GeneratorError, match="longer than 3 tokens"):
        await calls_to(ServerScript(finish_reason="length")).complete(MESSAGES, max_tokens=3)
