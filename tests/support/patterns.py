"""Finds our regular expressions and their uses, and generates texts that may be slow for them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as sre  # type: ignore[attr-defined]
from typing import Any

PACKAGES = ("rag", "ingest", "api", "evals")
_ROOT = Path(__file__).parents[2]
_METHODS = frozenset("search match fullmatch finditer findall sub split".split())
_LONG_REPEAT = 50
_MAX_UNITS = 6
_CATEGORIES = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_WORD: " ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedPattern:
    """A pattern, its place, and the methods called on it there; all methods if no call is visible."""

    place: str
    pattern: re.Pattern[Any]
    methods: tuple[str, ...]


def our_patterns() -> tuple[UsedPattern, ...]:
    """Returns the compiled patterns of modules, and patterns in calls such as ``re.split``."""
    found = []
    for package in PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = [node for node in ast.walk(tree) if _is_of_re(node)]
            found += [_inline(path, call) for call in calls if not _is_compile(call) and _is_written_out(call)]
            if any(map(_is_compile, calls)):
                found += _compiled(path, tree)
    return tuple(found)


def compile_calls() -> int:
    """Returns the number of calls of ``re.compile`` in our code, at any level."""
    files = (path for package in PACKAGES for path in (_ROOT / package).rglob("*.py"))
    return sum(_is_compile(node) for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def adversarial_texts(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """Yields texts of about ``length`` characters from the pattern's repeated parts and from pairs of its characters.

    Each repeated part follows a shortest matching prefix, and precedes a mismatch.
    """
    parsed = sre.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    for prefix, unit in _repeats(parsed, ""):
        for tail in ("", "!", "\n", "\0", "a", "1 "):
            yield prefix + unit * (length // len(unit)) + tail
        if prefix:
            yield prefix * (length // len(prefix))
            yield (prefix + unit * _LONG_REPEAT) * (length // (len(prefix) + len(unit) * _LONG_REPEAT))
    characters = sorted(set(_characters(parsed)))[:12]
    for first, second in product(characters, characters):
        yield (first + second) * (length // 2) + "!"
        yield first * (length // 2) + second * (length // 2) + "\0"


def _is_of_re(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr != "escape"


def _is_compile(node: ast.AST) -> bool:
    return _is_of_re(node) and isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "compile"


def _is_written_out(call: ast.AST) -> bool:
    """Returns whether a pattern is a literal; others are assembled from our own names."""
    return isinstance(call, ast.Call) and isinstance(call.args[0], ast.Constant)


def _inline(path: Path, call: ast.AST) -> UsedPattern:
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    written = ast.literal_eval(call.args[0])
    place = f"{path.relative_to(_ROOT)}:{call.lineno}"
    return UsedPattern(place=place, pattern=re.compile(written), methods=(call.func.attr,))


def _compiled(path: Path, tree: ast.Module) -> Iterator[UsedPattern]:
    relative = path.relative_to(_ROOT)
    module = importlib.import_module(".".join(relative.with_suffix("").parts))
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in _METHODS]
    for name, value in vars(module).items():
        if isinstance(value, re.Pattern) and _is_made_here(tree, name):
            called = {use.attr for use in uses if isinstance(use.value, ast.Name) and use.value.id == name}
            place = f"{relative}:{name}"
            yield UsedPattern(place=place, pattern=value, methods=tuple(sorted(called or _METHODS)))


def _is_made_here(tree: ast.Module, name: str) -> bool:
    """Returns whether a module defines the pattern itself, and does not import it."""
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _repeats(parsed: Iterable[Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yields (prefix, repeated text) for each long repetition, with several repeated texts."""
    for code, value in parsed:
        for inner in _inner(code, value):
            yield from _repeats(inner, prefix)
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT} and value[1] >= _LONG_REPEAT:
            units = dict.fromkeys([*_characters(value[2]), _sample(value[2])])
            yield from ((prefix, unit) for unit in [*units][:_MAX_UNITS] if unit)
        prefix += _sample([(code, value)])


def _inner(code: Any, value: Any) -> list[Any]:
    if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
        return [value[2]]
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code is codes.BRANCH:
        return list(value[1])
    if code in {codes.ASSERT, codes.ASSERT_NOT}:
        return [value[1]]
    return [value] if code is codes.ATOMIC_GROUP else []


def _sample(parsed: Iterable[Any]) -> str:
    """Returns a short matching text, with the fewest repetitions."""
    text = ""
    for code, value in parsed:
        inner = _inner(code, value)
        if code in {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}:
            text += _sample(inner[0]) * value[0]
        elif code in {codes.SUBPATTERN, codes.BRANCH, codes.ATOMIC_GROUP}:
            text += _sample(inner[0])
        elif not inner:
            text += next(iter(_characters([(code, value)])), "")
    return text


def _characters(parsed: Iterable[Any]) -> Iterator[str]:
    """Yields a character for each literal, range and category, in order."""
    for code, value in parsed:
        if code is codes.LITERAL:
            yield chr(value)
        elif code is codes.RANGE:
            yield chr(value[0])
        elif code is codes.CATEGORY:
            yield _CATEGORIES[value]
        elif code in {codes.NOT_LITERAL, codes.ANY}:
            yield "a"
        elif code is codes.IN:
            yield from "a " if value[0][0] is codes.NEGATE else _characters(value)
        else:
            for inner in _inner(code, value):
                yield from _characters(inner)
