"""Response bodies of usage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import ConfigDict, Field

from api.schemas.base import Response
from rag.catalog.usage import UsageKey, UsageSum


class UsageSumBody(Response):
    """Usage of one day, model or tenant. Answers from the cache use no tokens and cost nothing."""

    key: str = Field(description="the day (UTC), the model or the tenant")
    requests: int
    abstained: int
    degraded: int
    cached: int
    prompt_tokens: int
    cached_prompt_tokens: int = Field(description="the prompt tokens that came from a prefix cache")
    completion_tokens: int
    costs: dict[str, Decimal] = Field(description="by currency, as decimal text")


class UsageReportBody(Response):
    """Sums over the days from `from` to `to`, both included."""

    model_config = ConfigDict(populate_by_name=True)

    by: UsageKey
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    sums: list[UsageSumBody]

    @classmethod
    def of(cls, sums: Sequence[UsageSum], *, by: UsageKey, first: date, last: date) -> Self:
        """Returns the body for sums."""
        return cls.model_validate({"by": by, "from": first, "to": last, "sums": sums})
