"""Reads source code: it stays whole, and its comments become paragraphs, whose wrapped lines are joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from ingest.intake.formats import extension_of
from ingest.intake.text_formats import CODE_FORMATS
from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.plain_text import text_blocks
from rag.types import ElementKind

_LINE_MARKS = {
    "hash": ("#",),
    "slashes": ("//",),
    "dashes": ("--",),
    "php": ("//", "#"),
    "semicolon": (";",),
    "percent": ("%",),
    "exclamation": ("!",),
    "batch": ("REM ", "rem ", "::"),
    "basic": ("'",),
    "none": (),
}
_FAMILY_OF = {extension: family for _, extensions, family in CODE_FORMATS for extension in extensions.split()}
_BLOCK_COMMENTS = frozenset({"slashes", "php", "dashes"})
_DOCSTRING = re.compile(r'\s*[rRuU]?("""|\'\'\')')
_SHEBANG = re.compile(r"#!|#\s*-\*-|#\s*(?:type:|noqa|pylint|vim:)|//\s*(?:eslint|@ts-)|<\?php")
_TRIM = re.compile(r"\s*+(?:/\*++!?|\*++/|\*(?=\s|$)|#++!?|//++!?|--++|;++|%++|!++|'|::|(?:REM|rem)\s)?+\s?+")


def read_code(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the blocks of a source file in any language."""
    return "", code_blocks(decode_file(path, name), _FAMILY_OF.get(extension_of(name), "none"))


def code_blocks(text: str, family: str) -> list[Block]:
    """Returns comments that stand alone on their lines as paragraphs, and what is between them as code.

    Code is divided where an empty line is followed by a line without indentation.
    """
    blocks: list[Block] = []
    lines = text.split("\n")
    for is_comment, group in groupby(_marked(lines, family), key=lambda pair: pair[0]):
        members = [line for _, line in group]
        if is_comment:
            blocks += text_blocks(_without_marks(members))
        else:
            blocks += [Block(kind=ElementKind.CODE, text=clean(part, keep_spaces=True)) for part in _parts(members)]
    return [block for block in blocks if block.text.strip()]


def _marked(lines: list[str], family: str) -> Iterator[tuple[bool, str]]:
    """Yields each line, and whether it is a comment and nothing else."""
    closing = ""
    for line in lines:
        if closing:
            yield True, line
            if closing in line:
                closing = ""
            continue
        stripped = line.strip()
        opened = _opened(line, family)
        if opened:
            mark, rest = opened
            if mark not in rest:
                closing = mark
                yield True, line
            else:
                yield rest.rstrip().endswith(mark), line
            continue
        is_comment = stripped.startswith(_LINE_MARKS[family]) and not _SHEBANG.match(stripped)
        yield is_comment and any(map(str.isalpha, stripped)), line


def _opened(line: str, family: str) -> tuple[str, str] | None:
    """Returns the mark that ends the comment that begins with this line, and the rest of the line."""
    if family == "hash" and (found := _DOCSTRING.match(line)):
        return found[1], line[found.end() :]
    stripped = line.lstrip()
    return ("*/", stripped[2:]) if family in _BLOCK_COMMENTS and stripped.startswith("/*") else None


def _without_marks(lines: list[str]) -> str:
    plain = []
    for line in lines:
        mark = _TRIM.match(line)
        text = line[mark.end() if mark else 0 :].rstrip()
        if text.endswith("*/"):
            text = text[:-1].rstrip("*").rstrip()
        plain.append(re.sub(r'^[rRuU]?(?:"""|\'\'\')|(?:"""|\'\'\')$', "", text).strip())
    return "\n".join(plain)


def _parts(lines: list[str]) -> Iterator[str]:
    part: list[str] = []
    for line in lines:
        if part and not part[-1].strip() and line[:1].strip() and line[0] not in ")]}":
            yield "\n".join(part)
            part = []
        part.append(line)
    yield "\n".join(part)
