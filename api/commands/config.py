"""``citewell config``: shows the settings in use, and writes a file to begin with."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.shared.options import Json, print_json
from rag.settings import load_settings
from rag.settings.documentation import example_file, toml_value
from rag.settings.layers import Layers
from rag.settings.values import SettingValue, setting_values

_NOT_SET = "(not set)"

app = typer.Typer(help="Show the settings, or write a file with all of them.", no_args_is_help=True)


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
            typer.echo(f"{value.path} = {_words(value)}  # {value.source}")


@app.command()
def example() -> None:
    """Print a citewell.toml with every setting, described and commented out at its default."""
    typer.echo(example_file(), nl=False)


def _print_table(values: Sequence[SettingValue]) -> None:
    table = Table("Setting", "Value", "From")
    for value in values:
        style = "bold" if value.changed else None
        table.add_row(value.path, escape(_words(value)), escape(value.source), style=style)
    Console().print(table)


def _words(value: SettingValue) -> str:
    return _NOT_SET if value.value is None else toml_value(value.value)
