"""What the tests of the readers of files expect them to say about a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "unit" / "ingest" / "parsing"


def expected_remarks() -> set[str]:
    """Returns the remarks, whole ones only: those that a test finds in ``warnings``, or that are all of them."""
    trees = (ast.parse(file.read_text("utf-8")) for file in sorted(_FOLDER.rglob("test_*.py")))
    return {remark for tree in trees for node in ast.walk(tree) for remark in _compared(node) if " " in remark}


def _compared(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Compare(left=ast.Attribute(attr="warnings"), ops=[ast.Eq()], comparators=[expected]):
            yield from _texts(expected)
        case ast.Compare(left=expected, ops=[ast.In()], comparators=[ast.Attribute(attr="warnings")]):
            yield from _texts(expected)


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Tuple | ast.List):
        for each in node.elts:
            yield from _texts(each)
