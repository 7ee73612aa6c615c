import json

import pytest
from pydantic import BaseModel

from evals.ragas_scores.judge import Judge, judge_at, strict_schema
from rag.errors import JudgeError
from rag.settings import JudgeSettings
from tests.support.servers.judge import URL, Fault, JudgeScript


class Verdict(BaseModel):
    reason: str
    verdict: int


class Verdicts(BaseModel):
    statements: list[Verdict]


RIGHT = {"statements": [{"reason": "r", "verdict": 1}]}


def scripted(fault: Fault = Fault.NONE) -> JudgeScript:
    return JudgeScript(replies={"Verdicts": [RIGHT]}, fault=fault, spoiled=frozenset({"Verdicts"}))


async def met(script: JudgeScript, **settings: object) -> Judge:
    judge = script.judge(**settings)
    await judge.find_model()
    return judge


async def test_a_reply_is_asked_for_by_its_schema_and_read() -> None:
    script = scripted()
    reply = await (await met(script)).ask("Is it so?", Verdicts)
    assert reply == Verdicts.model_validate(RIGHT)
    [request] = script.requests
    assert request["model"] == "tiny-judge"
    assert request["temperature"] == 0
    assert request["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "Verdicts", "schema": strict_schema(Verdicts), "strict": True},
    }


def test_a_schema_leaves_nothing_out_allows_nothing_more_and_only_0_and_1_as_verdicts() -> None:
    schema = json.loads(json.dumps(strict_schema(Verdicts)))
    inner = schema["$defs"]["Verdict"]
    assert (schema["required"], schema["additionalProperties"]) == (["statements"], False)
    assert (inner["required"], inner["additionalProperties"]) == (["reason", "verdict"], False)
    assert inner["properties"]["verdict"]["enum"] == [0, 1]
    assert "enum" not in inner["properties"]["reason"]


@pytest.mark.parametrize(
    ("fault", "told", "tokens"),
    [
        (Fault.TIMES_OUT, "timed out", 0),
        (Fault.STATUS_500, "500", 0),
        (Fault.GARBAGE, "judge failed", 0),
        (Fault.NO_CHOICES, "cannot be read", 100),
        (Fault.CUT, "cut off", 100),
        (Fault.REFUSES, "refused", 100),
        (Fault.OTHER_FORM, "does not have the form", 100),
        (Fault.ODD_VERDICT, "neither 0 nor 1", 100),
    ],
)
async def test_a_reply_of_no_use_is_counted_and_so_are_its_tokens(fault: Fault, told: str, tokens: int) -> None:
    script = scripted(fault)
    judge = await met(script)
    with pytest.raises(JudgeError, match=told):
        await judge.ask("Is it so?", Verdicts)
    script.fault = Fault.NONE
    await judge.ask("Is it so?", Verdicts)
    record = judge.record()
    assert (record.calls, record.failed_calls) == (2, 1)
    assert record.prompt_tokens == tokens + 100
    assert record.cost is None


async def test_what_it_cost_is_known_where_prices_are() -> None:
    judge = await met(scripted(), prompt_price=2.0, completion_price=10.0)
    await judge.ask("Is it so?", Verdicts)
    assert judge.record().cost == pytest.approx((100 * 2 + 10 * 10) / 1_000_000)


async def test_a_server_that_stays_silent_is_left_alone() -> None:
    script = scripted(Fault.TIMES_OUT)
    judge = await met(script)
    for _ in range(20):
        with pytest.raises(JudgeError):
            await judge.ask("Is it so?", Verdicts)
    assert len(script.requests) == judge.record().calls == judge.record().failed_calls == 8


async def test_a_model_that_is_named_is_asked_even_if_the_server_lists_nothing() -> None:
    script = scripted()
    script.models_fault = Fault.STATUS_500
    judge = await met(script, model="mine")
    await judge.ask("Is it so?", Verdicts)
    assert script.requests[0]["model"] == judge.record().model == "mine"


@pytest.mark.parametrize("fault", [Fault.TIMES_OUT, Fault.STATUS_500])
async def test_a_judge_that_is_not_there_is_told_from_one_that_fails(fault: Fault) -> None:
    script = scripted()
    script.models_fault = fault
    with pytest.raises(JudgeError, match="CITEWELL_JUDGE__URL"):
        await script.judge().find_model()


async def test_a_server_without_models_needs_one_named() -> None:
    with pytest.raises(JudgeError, match="CITEWELL_JUDGE__MODEL"):
        await JudgeScript(listed=()).judge().find_model()


async def test_there_is_a_judge_where_one_is_set() -> None:
    assert judge_at(JudgeSettings()) is None
    judge = judge_at(JudgeSettings(url=URL))
    assert judge is not None
    await judge.close()
