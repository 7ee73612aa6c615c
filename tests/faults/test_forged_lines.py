"""Fault 45: no value, whatever line breaks it holds, forges a frame of a stream or a line of the log."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from api.monitoring.logs import JsonFormatter, TextFormatter
from api.openai.writer import ChatFrame, ChatWriter
from api.schemas.base import Problem
from api.streaming import answer_frame, error_frame, frame
from rag.answers import Answer, AnswerSentence, CitationMark, Sources, TextDelta
from rag.guard.personal.masking import NOTHING
from rag.telemetry.recorder import REQUEST_ID
from tests.support.builders.chunks import chunk
from tests.support.builders.pipeline import ScriptedGenerator, events_of, index_of, pipeline_over, question

ENDS = ("\n", "\r", "\r\n", "\n\n", "\r\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\x1b[2K")
FORGED_FRAME = "event: done{end}data: forged{end}{end}id: 9{end}retry: 1"
FORGED_LINE = "{end}2026-11-30 12:00:00,000 ERROR forged: all is lost"
LINE_ENDS_OF_STREAMS = ("\r\n", "\n", "\r")


def fields_of(sent: bytes) -> list[str]:
    """Returns the names of the fields that a client reads of a stream; "" is the end of a frame."""
    text = sent.decode()
    for end in LINE_ENDS_OF_STREAMS:
        text = text.replace(end, "\n")
    assert text.endswith("\n\n")
    return [line.partition(":")[0] for line in text.split("\n")[:-1]]


@pytest.mark.parametrize("end", ENDS)
def test_fault_45_no_text_forges_a_frame_of_an_answer(end: str) -> None:
    text = FORGED_FRAME.format(end=end)
    problem = Problem(type=text, title=text, status=500, detail=text, code=text)
    assert fields_of(answer_frame(TextDelta(text=text))) == ["event", "data", ""]
    assert fields_of(answer_frame(TextDelta(text=text), number=3)) == ["event", "id", "data", ""]
    assert fields_of(frame("error", problem)) == ["event", "data", ""]
    assert fields_of(error_frame("/v1/chat/completions", problem, text)) == ["data", ""]
    assert fields_of(error_frame("/v1/ask", problem)) == ["event", "data", ""]


@pytest.mark.parametrize("end", ENDS)
async def test_fault_45_no_document_or_model_forges_a_frame(end: str) -> None:
    said = f"The pump must be serviced every 6,000 hours.{FORGED_FRAME.format(end=end)}"
    document = chunk(said, version_id="pump", document_id="d-pump", title=FORGED_FRAME.format(end=end))
    generator = ScriptedGenerator(*(TextDelta(text=sign) for sign in said), CitationMark(number=1))
    events = await events_of(pipeline_over(await index_of(document), generator=generator), question())
    assert {type(event) for event in events} == {Sources, TextDelta, AnswerSentence, Answer}
    writer = ChatWriter(
        ChatFrame(
            model="citewell", question=question(), with_footer=True, with_usage=True, place_url=lambda _: "http://x"
        )
    )
    for event in events:
        assert fields_of(answer_frame(event)) == ["event", "data", ""]
        for each in writer.chunks(event):
            assert fields_of(f"data: {each.model_dump_json(exclude_unset=True)}\n\n".encode()) == ["data", ""]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("where", ["message", "argument", "error", "request id"])
def test_fault_45_no_value_forges_a_line_of_the_log(end: str, where: str) -> None:
    forged = FORGED_LINE.format(end=end)
    token = REQUEST_ID.set(forged if where == "request id" else "r1")
    try:
        raise ValueError(forged if where == "error" else "no use")
    except ValueError:
        message, arguments = (forged, ()) if where == "message" else ("failed: %s", (forged,))
        record = logging.LogRecord("rag.x", logging.WARNING, "x.py", 1, message, arguments, sys.exc_info())
        first, *traceback = TextFormatter(NOTHING).format(record).splitlines()
        [line] = JsonFormatter(NOTHING).format(record).splitlines()
    finally:
        REQUEST_ID.reset(token)
    assert " WARNING rag.x: " in first
    assert all(each.startswith("\t") for each in traceback)
    assert not any(sign in "".join([first, *traceback]) for sign in ("\x1b", "\0"))
    assert json.loads(line)["level"] == "WARNING"
