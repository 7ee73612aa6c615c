"""The paths that middleware treats specially. It runs before a route is chosen, so it compares paths."""

from __future__ import annotations

from starlette.types import Scope

UPLOAD = "/v1/documents"
UPLOADS = frozenset({UPLOAD, "/v1/documents/unpack"})
QUESTIONS = frozenset({"/v1/ask", "/v1/search", "/v1/search/explain", "/v1/chat/completions"})
_OPENAI = "/v1/models"
_BELOW_OPENAI = ("/v1/models/", "/v1/chat/")
_ENDPOINTS = "/v1/models/endpoints"


def is_upload(scope: Scope) -> bool:
    """Returns whether a request uploads a document."""
    return _is_post(scope) and scope["path"] == UPLOAD


def is_question(scope: Scope) -> bool:
    """Returns whether a request asks a question or searches."""
    return _is_post(scope) and scope["path"] in QUESTIONS


def speaks_openai(path: str) -> bool:
    """Returns whether clients of OpenAI's API call ``path``: its errors have that API's form."""
    if path == _ENDPOINTS or path.startswith(f"{_ENDPOINTS}/"):
        return False
    return path == _OPENAI or path.startswith(_BELOW_OPENAI)


def _is_post(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["method"] == "POST")
