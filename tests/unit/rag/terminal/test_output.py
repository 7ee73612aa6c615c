"""Plain lines for programs, tables for people."""

import io
import sys

import pytest
import typer

from rag.errors import ConfigurationError
from rag.terminal.output import confirmed, fail, note, print_table, progress_bars, say, warn

LONG = "word " * 60
ROWS = [("a.txt", "1"), (LONG, "two\nlines\tand a tab")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *, no_color: str = "") -> Terminal:
    """Makes standard output a terminal of 40 columns."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    for name, value in (("COLUMNS", "40"), ("TERM", "xterm-256color"), ("NO_COLOR", no_color)):
        monkeypatch.setenv(name, value)
    return stream


def test_a_table_for_a_program_is_a_line_a_record_with_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Name", "Count"), ROWS, title="All")
    assert capsys.readouterr().out == f"All\nName\tCount\na.txt\t1\n{LONG.strip()}\ttwo lines and a tab\n"


def test_a_line_for_a_program_is_not_broken_and_has_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    say(LONG, ("red words", "bold red"), "[1]")
    assert capsys.readouterr().out == f"{LONG}red words[1]\n"


def test_notes_warnings_and_errors_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    note("A note.")
    warn("Low.")
    fail("Broken.")
    assert capsys.readouterr() == ("", "A note.\nWarning: Low.\nError: Broken.\n")


def test_a_person_sees_a_table_with_colours_in_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = at_a_terminal(monkeypatch)
    print_table(("Name", "Count"), [("[bold]a.txt", ("1", "red"))], whole=("Count",))
    say(LONG)
    shown = terminal.getvalue()
    assert "\x1b[31m1" in shown
    assert "[bold]a.txt" in shown
    assert "┃" in shown
    assert max(map(len, shown.splitlines()[-5:])) <= 40


def test_no_color_leaves_the_table_and_takes_the_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = at_a_terminal(monkeypatch, no_color="1")
    print_table(("Name", "Count"), [("a.txt", ("1", "bold red"))])
    say(("Words.", "bold red"))
    assert "\x1b" not in terminal.getvalue()
    assert "┃" in terminal.getvalue()


def test_progress_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars(about="sample") as report:
        report("asking", 1, None)
        report("asking", 2, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_has_a_bar_a_step_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    with progress_bars(about="sample") as report:
        report("asking", 1, 2)
        report("scoring", 1, 2)
    assert "Sample asking" in stream.getvalue()
    assert "Sample scoring" in stream.getvalue()
    assert capsys.readouterr().out == ""


def test_without_a_terminal_nothing_is_confirmed_but_by_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(ConfigurationError, match=r"Delete it\? .* Add --yes"):
        confirmed("Delete it?", yes=False)
    assert confirmed("Delete it?", yes=True)


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_a_person_is_asked(
    *, typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert confirmed("Delete it?", yes=False) is answer
    assert "Delete it? [y/N]" in capsys.readouterr().err


def test_ctrl_d_at_a_question_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    with pytest.raises(typer.Abort):
        confirmed("Delete it?", yes=False)
