"""Reads configuration files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from ingest.intake.formats import extension_of
from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.config_lines import ini_lines, toml_lines, yaml_lines_and_fault
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.structured_data import assembled
from ingest.parsing.texts.source_code import code_blocks
from rag.types import ElementKind, ExtractedText

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_LINES_IN_BLOCK = 40


def read_yaml(path: Path, name: str) -> ExtractedText:
    """Returns the lines of a YAML file, with a warning where it is none."""
    lines, fault = yaml_lines_and_fault(decode_file(path, name))
    return assembled(line_blocks(lines), name=name, parser="configuration", fault=fault)


def read_toml(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the lines of a TOML file."""
    return "", line_blocks(toml_lines(decode_file(path, name)))


def read_ini(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the lines of a file of ``key = value``."""
    text = decode_file(path, name)
    if extension_of(name) == ".properties":
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    if _is_in_braces(text):
        return "", code_blocks(text, "hash")
    return "", line_blocks(ini_lines(text))


def _is_in_braces(text: str) -> bool:
    """Returns whether settings stand in braces, as those of nginx do, and not one a line."""
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    return sum(line.endswith(("{", "}", ";")) for line in lines) * 2 > len(lines)


def line_blocks(lines: Iterable[str], kind: ElementKind = ElementKind.TABLE) -> list[Block]:
    """Returns blocks of lines that are never joined; a table is cut between its lines only."""
    cleaned = (clean(line).replace("\n", " ") for line in lines)
    return [Block(kind=kind, text="\n".join(group)) for group in _groups(filter(None, cleaned))]


def _groups(lines: Iterator[str]) -> Iterator[list[str]]:
    while group := list(islice(lines, _LINES_IN_BLOCK)):
        yield group
