"""The base of every section of the settings, and the prefix of their environment variables."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

PREFIX = "CITEWELL_"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def variable_of(path: str) -> str:
    """Returns the environment variable of ``server.port``: ``CITEWELL_SERVER__PORT``."""
    return f"{PREFIX}{path.replace('.', '__')}".upper()
