"""Questions that came in a request, as JSON objects, checked as a file of them is."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import JsonValue

from evals.datasets.questions import EvalQuestion, parse_questions
from rag.errors import ConfigurationError, WrongDatasetError


def checked(rows: Sequence[dict[str, JsonValue]]) -> tuple[EvalQuestion, ...]:
    """Returns the questions.

    Raises:
        WrongDatasetError: rows are not questions, or two have the same id; they are counted from 1.
    """
    try:
        return parse_questions("\n".join(json.dumps(row) for row in rows), source="questions")
    except ConfigurationError as error:
        raise WrongDatasetError(str(error)) from error
