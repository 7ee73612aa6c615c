"""``citewell usage``: what answers used and cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.client import JsonObject, connect
from api.commands.shared.options import Json, Url, print_json
from rag.catalog.usage import UsageKey
from rag.settings import load_settings

_COUNTS = {"requests": "Answers", "abstained": "Abstained", "cached": "Cached"}


def usage(
    by: Annotated[UsageKey, typer.Option(help="What sums are made by.")] = UsageKey.DAY,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")] = None,
    url: Url = None,
    *,
    as_json: Json = False,
) -> None:
    """Show tokens and cost, of the last 30 days unless told otherwise."""
    days = {"from": first, "to": last}
    asked = {"by": by.value, **{name: day.date().isoformat() for name, day in days.items() if day is not None}}
    with connect(load_settings(), url) as client:
        report = client.request("GET", "/v1/usage", params=asked)
    if as_json:
        print_json(report)
    else:
        _print(report)


def _print(report: JsonObject) -> None:
    title = f"{report['from']} to {report['to']}, UTC"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column(report["by"].capitalize(), overflow="fold", min_width=10)
    for heading in (*_COUNTS.values(), "Tokens in\n(cached)", "Tokens\nout", "Cost"):
        table.add_column(heading, justify="right", no_wrap=True)
    for part in report["sums"]:
        counts = [f"{part[name]:,}" for name in _COUNTS]
        tokens = [f"{part['prompt_tokens']:,}\n({part['cached_prompt_tokens']:,})", f"{part['completion_tokens']:,}"]
        cost = ", ".join(
            f"{Decimal(amount):,.4f} {currency}".strip() for currency, amount in sorted(part["costs"].items())
        )
        table.add_row(escape(part["key"]), *counts, *tokens, escape(cost) or "-")
    Console().print(table)
