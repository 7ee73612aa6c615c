"""The sizes of the measurements. The defaults are those of the published figures."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PositiveInt


class Sizes(BaseModel):
    """The sizes for all sections, passed to their processes as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chunks: tuple[PositiveInt, ...] = (5_000, 100_000)
    tenants: tuple[PositiveInt, ...] = (1, 2)
    searches: int = Field(default=300, ge=1)
    optimize_seconds: float = Field(default=300.0, gt=0)
    texts: int = Field(default=256, ge=1)
    documents: int | None = Field(default=None, ge=1)
    questions: int | None = Field(default=None, ge=1)
    uploads: int = Field(default=200, ge=1)
    listed: int = Field(default=10_000, ge=1)
    idle_seconds: float = Field(default=15.0, gt=0)
    repeats: int = Field(default=3, ge=1)
    data: Path = Field(default_factory=lambda: Path(os.environ.get("CITEWELL_DATA", "../shared/data")).absolute())
