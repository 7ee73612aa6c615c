import json

import pytest

from evals.drafting.model import model_drafts, read_reply
from rag.errors import GeneratorError
from tests.support.builders.chunks import chunk
from tests.support.fakes.model_calls import ServerScript, calls_to

TEXT = (
    "Full-time employees get 30 days of vacation a year. Part-time employees get 18 days. Days that were not taken "
    "lapse at the end of March of the year that follows."
)
PASSAGE = chunk(TEXT)
GOOD = {
    "question": "How much vacation do part-timers get?",
    "answer": "18 days",
    "quote": "Part-time employees get 18 days.",
}


def reply(**changed: object) -> str:
    return json.dumps(GOOD | changed)


async def test_a_model_is_asked_for_json_and_its_draft_is_kept() -> None:
    script = ServerScript(reply=reply())
    drafts = await model_drafts([PASSAGE], 3, calls_to(script))
    [row] = drafts.questions
    assert (row.question, row.answers, row.tags) == (GOOD["question"], ("18 days",), ("draft", "model"))
    assert row.gold_passages[0].quote == GOOD["quote"]
    assert script.asked[0]["response_format"]["json_schema"]["schema"]["required"] == ["question", "answer", "quote"]
    assert TEXT in script.asked[0]["messages"][1]["content"]


async def test_what_the_passage_does_not_bear_out_is_dropped_and_counted() -> None:
    script = ServerScript(reply=reply(quote="Part-time employees get eighteen days."))
    drafts = await model_drafts([PASSAGE], 3, calls_to(script))
    assert (drafts.questions, drafts.dropped) == ((), 1)


async def test_a_server_that_fails_ends_the_drafting() -> None:
    with pytest.raises(GeneratorError):
        await model_drafts([PASSAGE], 3, calls_to(ServerScript(status=500)))


@pytest.mark.parametrize(
    "said",
    [
        "no JSON at all",
        "{",
        "[]",
        reply(extra="field"),
        reply(question=""),
        reply(quote="  "),
        reply(answer="30 days"),
        json.dumps({"question": "How much vacation?", "answer": "18 days"}),
    ],
)
def test_a_reply_of_another_form_is_no_draft(said: str) -> None:
    assert read_reply(said, PASSAGE) is None


def test_words_around_the_json_do_not_matter() -> None:
    assert read_reply(f"Here it is:\n```json\n{reply()}\n```", PASSAGE) is not None
