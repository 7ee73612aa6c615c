"""The command as a whole: its lists, its start, its exit statuses and its completion."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from api.commands import main
from evals.commands.main import app as evaluations
from evals.commands.options import DATASET_NAMES
from evals.datasets.readers.catalogue import dataset_names
from rag.terminal.exit_status import ExitStatus
from rag.terminal.lazy_group import LazyCommand, LazyGroup

HEAVY = ("numpy", "sqlalchemy", "fastapi", "onnxruntime", "llama_index", "httpx", "pydantic", "rich", "evals", "ingest")


def commands_of(app: typer.Typer) -> Mapping[str, LazyCommand]:
    group: type[Any] = app.info.cls or LazyGroup
    assert issubclass(group, LazyGroup)
    commands: Mapping[str, LazyCommand] = group.lazy_commands
    return commands


def citewell(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from api.commands.main import main; main()"
    return subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def imported_by(*arguments: str) -> set[str]:
    """Returns the top packages that a command line imports."""
    code = (
        "import sys\nsys.argv = ['citewell', *sys.argv[1:]]\nfrom api.commands.main import main\n"
        "try: main()\nfinally: print('|', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    return set(done.stdout.rpartition("|")[2].split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("eval", "--help")])
def test_a_list_of_commands_imports_none_of_them(arguments: tuple[str, ...]) -> None:
    heavy = set(HEAVY) - ({"evals", "pydantic"} if "eval" in arguments else set())  # typer checks values with pydantic
    assert imported_by(*arguments) & heavy == set()


@pytest.mark.parametrize("command", ["serve", "ask", "ingest", "delete"])
def test_the_help_of_a_command_imports_nothing_that_works(command: str) -> None:
    assert imported_by(command, "--help") & {"sqlalchemy", "fastapi", "onnxruntime", "llama_index"} == set()


@pytest.mark.parametrize("app", [main.app, evaluations])
def test_summaries_are_the_first_lines_of_the_commands(app: typer.Typer) -> None:
    for name, command in commands_of(app).items():
        module, _, attribute = command.target.partition(":")
        found = getattr(import_module(module), attribute)
        help_text = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
        assert str(help_text).partition("\n")[0] == command.summary, name


def test_other_packages_add_commands() -> None:
    assert {"eval", "train"} <= commands_of(main.app).keys()


def test_the_help_of_datasets_names_them_all() -> None:
    assert DATASET_NAMES.split(", ") == list(dataset_names())


def test_the_version_is_that_of_the_distribution() -> None:
    assert citewell("--version").stdout == f"citewell {version('citewell')}\n"


def test_help_lists_the_exit_statuses_and_is_not_broken_into_lines() -> None:
    lines = citewell("--help").stdout.splitlines()
    assert [line for line in lines if "3  no answer" in line]
    assert [line for line in lines if line.endswith("to copy it or customize the installation.")]
    assert {status.value for status in ExitStatus} == {0, 1, 2, 3, 130}


def test_a_wrong_command_line_is_told_from_a_failure() -> None:
    assert citewell("no-such-command").returncode == ExitStatus.WRONG_USAGE
    failed = citewell("ask", "Why?", "--url", "http://127.0.0.1:9")
    assert (failed.returncode, failed.stdout) == (ExitStatus.FAILED, "")
    assert failed.stderr.startswith("Error: No service answers")


def test_config_is_read_by_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_CONFIG", "")  # to have it back after the test
    file = tmp_path / "other.toml"
    file.touch()
    CliRunner().invoke(main.app, ["--config", str(file), "worker", "--help"])
    assert os.environ["CITEWELL_CONFIG"] == str(file)
    missing = CliRunner().invoke(main.app, ["--config", str(tmp_path / "none.toml"), "worker", "--help"])
    assert missing.exit_code == ExitStatus.WRONG_USAGE
    assert "none.toml' does not exist" in missing.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_completion_script(shell: str) -> None:
    done = citewell("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert f"complete_{shell}" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["de"], ["delete"]),
        (["eval", "ru"], ["run", "runs"]),
        (["eval", "dataset", "from-"], ["from-corpus", "from-feedback"]),
        (["delete", "--y"], ["--yes"]),
        (["jobs", "--state", "q"], ["queued"]),
    ],
)
def test_commands_and_options_are_completed(words: list[str], expected: list[str]) -> None:
    line = " ".join(["citewell", *words])
    bash = citewell(_CITEWELL_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words)))
    assert bash.stdout.split() == expected
    fish = citewell(
        _CITEWELL_COMPLETE="complete_fish", _TYPER_COMPLETE_ARGS=line, _TYPER_COMPLETE_FISH_ACTION="get-args"
    )
    assert [row.partition("\t")[0] for row in fish.stdout.splitlines()] == expected
    zsh = citewell(_CITEWELL_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line)
    assert all(f'"{word}"' in zsh.stdout for word in expected)
