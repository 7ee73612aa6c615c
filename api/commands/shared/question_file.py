"""Questions to compare two indexes with, from a file in JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from api.commands.shared.client import JsonObject
from api.schemas.maintenance import ComparedQuestionBody
from api.schemas.requests import FORMS
from rag.errors import ConfigurationError
from rag.text.validation_messages import words_for


def read_questions(path: Path) -> list[JsonObject]:
    """Returns the questions as the service takes them; empty lines, and fields of other uses, are left out.

    Raises:
        ConfigurationError: the file cannot be read, or a line is no question; the message names it.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except OSError as error:
        raise ConfigurationError(f"The questions in {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The questions in {path} are not UTF-8 text. Save the file as UTF-8.") from error
    return [_question(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]


def _question(line: str, place: str) -> JsonObject:
    try:
        row = json.loads(line)
        if isinstance(row, dict):
            row = {name: row[name] for name in ComparedQuestionBody.model_fields if name in row}
        ComparedQuestionBody.model_validate(row)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{place} is not valid JSON. Write one question as an object a line.") from error
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        subject = f"{place}: {field}" if field else place
        raise ConfigurationError(f"{subject} {words_for(fault, forms=FORMS)}.") from error
    checked: JsonObject = row
    return checked
