"""Writes configuration files as lines that can be understood alone: ``backup.keep_days: 35``. Comments stay. Pure."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Sequence

import yaml

from ingest.parsing.formats.records import identified

_MAX_LINES = 200_000
_MAX_DEPTH = 100
_MAX_STATEMENT_LINES = 2_000
_TABLE = re.compile(r"\s*+\[\[?([^\[\]]++)\]\]?\s*+(?:#(.*))?")
_SECTION = re.compile(r"\s*\[([^\]]+)\]\s*")
_KEY = re.compile(r"\s*(?:export\s+|set\s+)?([^\s=:#;!\"'{}<>][^=:\n]{0,100}?)\s*[=:]\s*(.*)")
_COMMENT = re.compile(r"\s*(?:#+|;+|!|//)\s?(.*)")
_QUOTED = re.compile(r"""(["'])(.*)\1""")
_MARK = "\0"
_ENDS = (".", "!", "?", ":", "。")
_LONG_COMMENT = 100
_TRAILING = re.compile(r"\s[#;]\s(.*)$")


def yaml_lines(text: str) -> list[str]:
    """Returns a line for each value, with the keys above it, and each comment, in the order of the file.

    A list of values is one line, and so is an entry of a list that holds only values. Text that is no YAML is returned
    line by line as it is.
    """
    return yaml_lines_and_fault(text)[0]


def yaml_lines_and_fault(text: str) -> tuple[list[str], str]:
    """Returns ``yaml_lines``, and a sentence where the text is no YAML."""
    try:
        documents = list(yaml.compose_all(text, Loader=_LOADER))
        found = [entry for document in documents if document is not None for entry in _node_lines(document, (), 0)]
        comments = _yaml_comments(text)
    except (yaml.YAMLError, RecursionError, ValueError, _TooManyLinesError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark is not None else ""
        fault = f"It is not valid YAML{place}: it was read as plain text"
        return [line.strip() for line in text.splitlines() if line.strip()], fault
    ordered: dict[int, list[str]] = {}
    for number, line in (*found, *((number, _MARK + line) for number, line in comments)):
        ordered.setdefault(number, []).append(line)
    lines: list[str] = []
    for number in sorted(ordered):
        lines += [] if number - 1 in ordered else [""]
        *values, last = ordered[number]
        is_trailing = values and last.startswith(_MARK)
        lines += [f"{values[0]} # {last.removeprefix(_MARK)}", *values[1:]] if is_trailing else ordered[number]
    return list(_with_comments(lines)), ""


def toml_lines(text: str) -> list[str]:
    """Returns the same for TOML."""
    lines: list[str] = []
    path: tuple[str, ...] = ()
    statement: list[str] = []
    for line in text.splitlines():
        if not statement:
            comment, table = _COMMENT.fullmatch(line), _TABLE.fullmatch(line)
            if not line.strip() or comment:
                lines.append(_MARK + comment[1] if comment else "")
                continue
            if table:
                path = tuple(part.strip().strip("\"'") for part in table[1].split("."))
                lines += ["", _MARK + table[2].strip()] if table[2] else [""]
                continue
        statement.append(line)
        values = _toml_values("\n".join(statement))
        if values is not None or len(statement) > _MAX_STATEMENT_LINES:
            lines += _value_lines(values, path) if values is not None else map(str.strip, statement)
            trailing = [found[1] for found in map(_TRAILING.search, statement) if found and values is not None]
            lines[-1:] = [" # ".join([*lines[-1:], *trailing])]
            statement = []
    return list(_with_comments([*lines, *map(str.strip, statement)]))


def ini_lines(text: str) -> list[str]:
    """Returns the same for files of sections and ``key = value`` or ``key: value``: ini, properties, env."""
    lines: list[str] = []
    section = ""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        comment, found = _COMMENT.fullmatch(line), _SECTION.fullmatch(line)
        if found:
            section = found[1].strip()
            lines.append("")
        elif comment:
            lines.append(_MARK + comment[1].strip())
        elif line[:1].isspace() and lines and lines[-1] and "=" not in line and line.strip():
            lines[-1] = f"{lines[-1]} {line.strip()}"  # configparser: an indented line continues the value
        elif pair := _KEY.fullmatch(line):
            value = _QUOTED.fullmatch(pair[2].strip())
            key = f"{section}.{pair[1]}" if section else pair[1]
            lines.append(f"{key}: {value[2] if value else pair[2].strip()}")
        else:
            lines.append(f"{section}: {line.strip()}" if section and line.strip() else line.strip())
    return list(_with_comments(lines))


def _with_comments(lines: Sequence[str]) -> Iterator[str]:
    """Yields the lines that hold something; a heading-like comment directly above a value goes behind it.

    Such a comment says what the value is ("retries before it gives up"); a sentence stands alone. Wrapped comments are
    joined.
    """
    comment = ""
    for line in lines:
        if line.startswith(_MARK):
            text = line.removeprefix(_MARK).strip()
            if comment and (comment.endswith(_ENDS) or not text[:1].islower()):
                yield comment
                comment = ""
            comment = f"{comment} {text}".strip()
            continue
        if comment and (not line or comment.endswith(_ENDS) or len(comment) > _LONG_COMMENT):
            yield comment
            comment = ""
        if line:
            yield f"{line} # {comment}" if comment else line
            comment = ""
    if comment:
        yield comment


class _TooManyLinesError(Exception):
    """Aliases make the file much larger than it is."""


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _node_lines(node: yaml.Node, path: tuple[str, ...], depth: int) -> Iterator[tuple[int, str]]:
    """Yields line numbers and lines; aliases are followed, up to a limit."""
    counted = 0
    stack: list[tuple[yaml.Node, tuple[str, ...]]] = [(node, path)]
    while stack:
        current, names = stack.pop()
        counted += 1
        if counted > _MAX_LINES or len(names) + depth > _MAX_DEPTH:
            raise _TooManyLinesError
        if isinstance(current, yaml.ScalarNode):
            yield current.start_mark.line, _line(names, current.value)
        elif isinstance(current, yaml.SequenceNode):
            if current.value and all(isinstance(part, yaml.ScalarNode) for part in current.value):
                yield current.start_mark.line, _line(names, ", ".join(part.value for part in current.value))
                continue
            for part in reversed(current.value):
                flat = _flat(part)
                entry = yaml.ScalarNode("", flat, part.start_mark, part.end_mark) if flat else part
                stack.append((entry, names if flat else identified(names, _values(part))))
        elif isinstance(current, yaml.MappingNode):
            stack += [(value, _below(names, key)) for key, value in reversed(current.value)]


def _below(names: tuple[str, ...], key: yaml.Node) -> tuple[str, ...]:
    return (*names, key.value) if isinstance(key, yaml.ScalarNode) and key.value != "<<" else names


def _flat(node: yaml.Node) -> str:
    """Returns an entry that holds only values as one line; empty if it holds more."""
    if not isinstance(node, yaml.MappingNode):
        return ""
    pairs = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
    if len(pairs) < len(node.value) or not all(isinstance(value, yaml.ScalarNode) for _, value in pairs):
        return ""
    return "; ".join(f"{key.value}: {' '.join(value.value.split())}" for key, value in pairs)


def _values(node: yaml.Node) -> dict[str, str]:
    """Returns the values of a mapping that are no lists or mappings."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {
        key.value: value.value
        for key, value in pairs
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    }


def _yaml_comments(text: str) -> Iterator[tuple[int, str]]:
    """Yields the comments: what stands behind ``#`` outside of the values."""
    covered: dict[int, int] = {}
    whole: set[int] = set()
    for token in yaml.scan(text, Loader=_LOADER):
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark, token.end_mark
            last = end.line if end.column else end.line - 1
            if token.style in {"|", ">"}:
                whole.update(range(start.line + 1, last + 1))
            else:
                whole.update(range(start.line, end.line))
                covered[end.line] = max(covered.get(end.line, 0), end.column)
    for number, line in enumerate(text.splitlines()):
        if number in whole:
            continue
        found = re.search(r"(?:^|\s)#+\s?(.*)", line[covered.get(number, 0) :])
        if found and found[1].strip():
            yield number, found[1].strip()


def _toml_values(statement: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(statement)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _value_lines(value: object, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _value_lines(part, (*path, str(key)))
    elif isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
        for part in value:
            is_flat = isinstance(part, dict) and not any(isinstance(each, dict | list) for each in part.values())
            yield from (
                [_line(path, "; ".join(f"{k}: {_plain(v)}" for k, v in part.items()))]
                if is_flat
                else _value_lines(part, path)
            )
    else:
        yield _line(path, ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return str(value)
    return " ".join(str(value).split())


def _line(path: tuple[str, ...], value: str) -> str:
    text = " ".join(value.split())
    return f"{'.'.join(path)}: {text}" if path else text
