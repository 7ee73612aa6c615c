"""Reads streams of ``/v1/chat/completions``."""

from __future__ import annotations

import json
from typing import Any

import httpx


def chunks_of(response: httpx.Response) -> tuple[list[dict[str, Any]], bool]:
    """Returns the chunks of a stream, and whether it ends with ``[DONE]``."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    *lines, end = response.text.split("\n\n")
    assert end == ""
    data = [line.removeprefix("data: ") for line in lines]
    finished = data[-1] == "[DONE]"
    return [json.loads(each) for each in data[: len(data) - finished]], finished


def content_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


def openai_error(response: httpx.Response) -> tuple[int, str, str | None]:
    """Returns status, code and param of an error in OpenAI's shape."""
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert len(error["message"]) > 20
    return response.status_code, error["code"], error["param"]
