"""``citewell usage``: sums tokens and cost of answers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Url
from rag.catalog.usage import UsageKey
from rag.settings import load_settings
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table

_COUNTS = {"requests": "Answers", "abstained": "Abstained", "cached": "Cached"}


def usage(
    by: Annotated[UsageKey, typer.Option(help="One sum for each of these.")] = UsageKey.DAY,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")] = None,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show tokens and cost of answers.

    Of the last 30 days, unless --from or --to says otherwise.
    """
    days = {"from": first, "to": last}
    asked = {"by": by.value, **{name: day.date().isoformat() for name, day in days.items() if day is not None}}
    with connect(load_settings(), url, reads_only=True) as client:
        report = client.request("GET", "/v1/usage", params=asked)
    if as_json:
        print_json(report)
    else:
        _print(report)


def _print(report: JsonObject) -> None:
    counts = [*_COUNTS.values(), "Tokens in", "(cached)", "Tokens out", "Cost"]
    headings = [report["by"].capitalize(), *counts]
    rows = [
        (
            part["key"],
            *(f"{part[name]:,}" for name in (*_COUNTS, "prompt_tokens", "cached_prompt_tokens", "completion_tokens")),
            _cost(part["costs"]),
        )
        for part in report["sums"]
    ]
    print_table(headings, rows, title=f"{report['from']} to {report['to']}, UTC", whole=counts, right=counts)


def _cost(costs: JsonObject) -> str:
    return ", ".join(f"{Decimal(amount):,.4f} {currency}".strip() for currency, amount in sorted(costs.items())) or "-"
