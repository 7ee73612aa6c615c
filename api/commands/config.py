"""``citewell config``: shows the settings in use, and writes a file to begin with."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from rag.settings import load_settings
from rag.settings.documentation import example_file, toml_value
from rag.settings.layers import Layers
from rag.settings.values import SettingValue, setting_values
from rag.terminal.lazy_group import plain_app
from rag.terminal.options import Json
from rag.terminal.output import print_json, print_table, say

_NOT_SET = "(not set)"

app = plain_app("Show the settings, or write a file with all of them.")


@app.command()
def show(
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only settings that differ from their default.")] = False,
    as_json: Json = False,
) -> None:
    """Show every setting, its value, and where the value comes from. Secrets are hidden."""
    settings = load_settings()
    values = setting_values(settings, Layers.read({}))
    shown = [value for value in values if value.changed or not changed]
    if as_json:
        print_json([asdict(value) for value in shown])
    elif sys.stdout.isatty():
        _print_table(shown)
    else:
        for value in shown:
            say(f"{value.path} = {_words(value)}  # {value.source}")


@app.command()
def example() -> None:
    """Print a citewell.toml with every setting, described and commented out at its default."""
    typer.echo(example_file(), nl=False)


def _print_table(values: Sequence[SettingValue]) -> None:
    rows = [
        [(cell, "bold" if value.changed else "") for cell in (value.path, _words(value), value.source)]
        for value in values
    ]
    print_table(("Setting", "Value", "From"), rows)


def _words(value: SettingValue) -> str:
    return _NOT_SET if value.value is None else toml_value(value.value)
