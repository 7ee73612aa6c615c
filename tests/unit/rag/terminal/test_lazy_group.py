"""Commands that are imported when they are called."""

import sys
from collections.abc import Mapping
from typing import ClassVar

import pytest
import typer
from typer.testing import CliRunner, Result

from rag.terminal.lazy_group import LazyCommand, LazyGroup, plain_app

HERE = __name__


def greet(name: str) -> None:
    """Greet someone.

    In many words.
    """
    typer.echo(f"Hello, {name}.")


inner = typer.Typer(help="Greet in other ways.")
inner.command()(greet)
inner.command("shout")(greet)


class Group(LazyGroup):
    lazy_commands: ClassVar[Mapping[str, LazyCommand]] = {
        "greet": LazyCommand(f"{HERE}:greet", "Greet someone."),
        "others": LazyCommand(f"{HERE}:inner", "Greet in other ways."),
        "broken": LazyCommand("tests.there.is.no.such:module", "Is only listed."),
    }


app = plain_app("Says things.", Group)


@app.callback()
def options() -> None:
    """Makes typer see a group."""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_help_lists_all_commands_and_imports_none() -> None:
    shown = run("--help")
    assert shown.exit_code == 0, shown.exception
    assert "broken  Is only listed." in shown.stdout
    assert "╭" not in shown.stdout
    assert "tests.there" not in sys.modules


def test_a_command_runs_and_has_its_own_help() -> None:
    assert run("greet", "Ada").stdout == "Hello, Ada.\n"
    assert "In many words." in run("greet", "--help").stdout


def test_a_group_of_commands_is_imported_whole() -> None:
    assert run("others", "shout", "Ada").stdout == "Hello, Ada.\n"
    assert "╭" not in run("others", "--help").stdout


def test_a_wrong_name_is_answered_with_a_near_one() -> None:
    wrong = run("gret")
    assert wrong.exit_code == 2
    assert "Did you mean 'greet'?" in wrong.stderr


def test_a_command_that_is_missing_fails_when_it_is_called() -> None:
    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(app, ["broken"], catch_exceptions=False)
