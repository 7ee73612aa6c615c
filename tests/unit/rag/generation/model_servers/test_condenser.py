import pytest

from rag.answers import Condensed, Question, Role, Turn
from rag.generation.follow_up import resolve_follow_up
from rag.generation.model_servers.condenser import ModelCondenser
from rag.generation.model_servers.context_window import ContextWindow
from rag.generation.prompts.data import CondensePrompt
from rag.types import Scope
from tests.support.fakes.model_calls import ServerScript, calls_to

HISTORY = (
    Turn(role=Role.USER, content="How many vacation days do full-time employees get?"),
    Turn(role=Role.ASSISTANT, content="30 days."),
)
ASKED = Question(text="And part-time?", scope=Scope(tenant="acme", collection="hr"), history=HISTORY)
LEXICAL = resolve_follow_up(ASKED.text, HISTORY).text


async def condense(
    script: ServerScript, *, asked: Question = ASKED, timeout_seconds: float = 30, tokens: int = 0
) -> Condensed:
    server = calls_to(script)
    return await ModelCondenser(
        server=server,
        window=ContextWindow(server, tokens=tokens),
        prompt=CondensePrompt("condense-v1"),
        timeout_seconds=timeout_seconds,
    ).condense(asked)


async def test_the_model_rewrites_the_question_from_the_turns_before_it() -> None:
    script = ServerScript(reply="  How many vacation days do part-time employees get?\nThey get 18 days.")
    assert await condense(script) == Condensed(text="How many vacation days do part-time employees get?")
    told = script.asked[0]["messages"][-1]["content"]
    assert "full-time employees" in told
    assert told.endswith("Last question: And part-time?")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (ServerScript(status=503), "failed"),
        (ServerScript(reply=" \n"), "no question"),
        (ServerScript(reply='<turn by="user">'), "no question"),
        (ServerScript(reply="Who is the mayor of Paris?"), "no question"),
        (ServerScript(finish_reason="length"), "longer than"),
    ],
)
async def test_words_resolve_the_question_if_the_model_cannot(script: ServerScript, reason: str) -> None:
    condensed = await condense(script)
    assert condensed.text == LEXICAL
    assert condensed.degraded is not None
    assert reason in condensed.degraded.reason


async def test_a_model_that_is_too_slow_is_not_waited_for() -> None:
    condensed = await condense(ServerScript(hangs=True), timeout_seconds=0.05)
    assert condensed.text == LEXICAL
    assert condensed.degraded is not None
    assert "longer than 0.05 s" in condensed.degraded.reason


async def test_turns_that_the_window_has_no_room_for_are_left_out_and_told() -> None:
    long = Turn(role=Role.USER, content="word " * 500)
    asked = Question(text=ASKED.text, scope=ASKED.scope, history=(long, *HISTORY))
    script = ServerScript(reply="How many vacation days for part-time?")
    condensed = await condense(script, asked=asked, tokens=700)
    assert condensed.text == "How many vacation days for part-time?"
    assert condensed.degraded is not None
    assert "oldest 1 of 3" in condensed.degraded.reason
    assert "word" not in script.asked[0]["messages"][-1]["content"]


async def test_words_resolve_the_question_if_not_even_the_last_turn_fits() -> None:
    long = Turn(role=Role.USER, content="word " * 500)
    condensed = await condense(
        ServerScript(), asked=Question(text="And?", scope=ASKED.scope, history=(long,)), tokens=400
    )
    assert condensed.degraded is not None
    assert "does not fit" in condensed.degraded.reason
