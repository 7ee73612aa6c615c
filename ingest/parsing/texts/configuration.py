"""Reads configuration files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.config_lines import ini_lines, toml_lines, yaml_lines
from ingest.parsing.formats.decoding import decode_file
from rag.types import ElementKind

_LINES_IN_BLOCK = 40


def read_yaml(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the lines of a YAML file."""
    return "", line_blocks(yaml_lines(decode_file(path, name)))


def read_toml(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the lines of a TOML file."""
    return "", line_blocks(toml_lines(decode_file(path, name)))


def read_ini(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the lines of a file of ``key = value``."""
    return "", line_blocks(ini_lines(decode_file(path, name)))


def line_blocks(lines: Iterable[str], kind: ElementKind = ElementKind.TABLE) -> list[Block]:
    """Returns blocks of lines that are never joined; a table is cut between its lines only."""
    cleaned = (clean(line).replace("\n", " ") for line in lines)
    return [Block(kind=kind, text="\n".join(group)) for group in _groups(filter(None, cleaned))]


def _groups(lines: Iterator[str]) -> Iterator[list[str]]:
    while group := list(islice(lines, _LINES_IN_BLOCK)):
        yield group
