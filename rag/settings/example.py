"""A ``citewell.toml`` with every setting, each commented out at its default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from rag.settings.documentation import SettingDescription, setting_descriptions

_WIDTH = 100
_EXAMPLE = "#   "
_HEAD = """\
# Settings of Citewell. It reads this file as citewell.toml in the working folder, or from the path that
# 'citewell --config FILE' or the variable CITEWELL_CONFIG names. Environment variables go before it.
# A line '#name = value' holds the default, '#   name = value' an example: uncomment it and change the value.
"""


def example_file() -> str:
    """Returns the file's text: TOML that sets nothing until a line is uncommented."""
    settings = [setting for setting in setting_descriptions() if "[]" not in setting.path]
    sections = list(dict.fromkeys(_section(setting) for setting in settings))
    return "\n".join([_HEAD, *(_section_text(name, settings) for name in sections)])


def _section(setting: SettingDescription) -> str:
    return setting.path.rpartition(".")[0]


def _section_text(section: str, settings: Sequence[SettingDescription]) -> str:
    # TOML allows the lines of a table no more once another table, or a list of tables, has begun.
    blocks = ["\n".join(_lines(setting)) for setting in settings if _section(setting) == section]
    head = f"[{section}]\n" if section else ""
    return head + "\n\n".join([*blocks, *_lists(section)]) + "\n"


def _lines(setting: SettingDescription) -> Iterator[str]:
    yield from _comment(setting.description)
    if setting.default is None:
        yield "# Not set by default."
        yield f"{_EXAMPLE}{_name(setting)} = {setting.example}"
    else:
        yield f"#{_name(setting)} = {setting.default}"


def _lists(section: str) -> Iterator[str]:
    """Yields an entry of each list of tables in the section."""
    entries = [setting for setting in setting_descriptions() if setting.path.startswith(f"{section}.")]
    entries = [setting for setting in entries if "[]." in setting.path]
    for name, group in groupby(entries, key=lambda setting: setting.path.partition("[]")[0]):
        lines = [f"# In place of the line '{name.rpartition('.')[2]} = []', such a table for each:"]
        lines.append(f"{_EXAMPLE}[[{name}]]")
        for setting in group:
            lines += _comment(setting.description, mark=f"{_EXAMPLE}# ")
            lines.append(f"{_EXAMPLE}{_name(setting)} = {setting.default or setting.example}")
        yield "\n".join(lines)


def _name(setting: SettingDescription) -> str:
    return setting.path.rpartition(".")[2]


def _comment(text: str, mark: str = "# ") -> list[str]:
    return wrap(text, _WIDTH, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False)
