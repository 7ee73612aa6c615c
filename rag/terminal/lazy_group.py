"""A group of commands that imports a command when it is called, not when it is listed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command, as ``module:name`` of a function or a ``typer.Typer``, and its line in the list of commands."""

    target: str
    summary: str


class LazyGroup(TyperGroup):
    """Lists ``lazy_commands`` by their summaries. To run, describe or complete one command imports that one."""

    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {}

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - as the class above takes them
        super().__init__(**settings)
        for name, command in self.lazy_commands.items():
            self.add_command(TyperCommand(name, short_help=command.summary, rich_markup_mode=None))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer keeps these types to itself
        """Returns (name, command, arguments left) with the command imported."""
        name, command, rest = super().resolve_command(ctx, args)
        lazy = self.lazy_commands.get(name) if name else None
        return name, _load(lazy.target, name) if lazy and name else command, rest


def plain_app(help_text: str, group: type[LazyGroup] | None = None) -> typer.Typer:
    """Returns an application without boxes, whose help lines are as wide as the terminal, up to 100 characters."""
    return typer.Typer(
        cls=group,
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"max_content_width": _WIDTH},
    )


def _load(target: str, name: str) -> Any:  # noqa: ANN401 - a command of typer, which keeps the type to itself
    module, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        found.rich_markup_mode = None
        return typer.main.get_group(found)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False, context_settings={"max_content_width": _WIDTH})
    alone.command(name)(found)
    return typer.main.get_command(alone)
