"""Counts what makes code easy or hard to live in: ``python -m tests.house [CHECKOUT ...]``, one column a checkout."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGES = ("rag", "ingest", "evals", "api")
MOST_IN_A_ROOT = 12
MOST_IN_A_FOLDER = 15
SMALL_LINES = 80

# Phrases that leave out who does what. Docstrings and comments say it plainly instead.
_DIALECT = re.compile(
    r"\b(whoever|nobody|somebody|everybody|anybody|what became|(lets?|letting) go|behind (the|its|his) back"
    r"|(at|in) hand|anew|meanwhile|has .{1,20} done|for those who|said again|so to speak|at home|knocks?)\b",
    re.IGNORECASE,
)
_HEADINGS = re.compile(r"^(who|whose|what|whether|where|for those)\b", re.IGNORECASE)


def python_files(checkout: Path, package: str) -> list[Path]:
    """Returns the files of ``package`` that hold code, without migrations, which are frozen, and empty ones."""
    files = (path for path in sorted((checkout / package).rglob("*.py")) if "migrations" not in path.parts)
    return [path for path in files if path.name != "__init__.py" or path.read_text().strip()]


def folders(checkout: Path) -> dict[str, int]:
    """Returns how many files, of whatever kind, each folder of the packages holds; sample documents do not count."""
    counts: dict[str, int] = {}
    for package in PACKAGES:
        for path in (checkout / package).rglob("*"):
            place = path.parent.relative_to(checkout)
            if path.is_file() and path.suffix != ".pyc" and not {"sample", "versions"} & set(place.parts):
                counts[str(place)] = counts.get(str(place), 0) + (path.name != "__init__.py")
    return counts


def imports(checkout: Path) -> dict[str, set[str]]:
    """Returns which modules of the packages each module imports, function-level imports included."""
    files = {_module(path, checkout): path for package in PACKAGES for path in python_files(checkout, package)}
    return {
        module: {name for name in _imported(ast.parse(path.read_text())) if name in files and name != module}
        for module, path in files.items()
    }


def folder_circles(arrows: Mapping[str, set[str]]) -> list[str]:
    """Returns the packages whose direct children, files and folders, import each other in a circle."""
    circles = []
    parents = {module[: match.start()] for module in arrows for match in re.finditer(r"\.", module)}
    for parent in sorted(parents):
        graph: dict[str, set[str]] = {}
        for module, imported in arrows.items():
            source = _child(module, parent)
            if source is not None:
                targets = {_child(name, parent) for name in imported} - {source, None}
                graph.setdefault(source, set()).update(target for target in targets if target is not None)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circles.append(" -> ".join(error.args[1]))
    return circles


def confetti(checkout: Path, arrows: Mapping[str, set[str]]) -> list[str]:
    """Returns the modules under 80 lines that one other module imports."""
    return [
        module
        for module in arrows
        if sum(module in imported for imported in arrows.values()) == 1
        and len((checkout / f"{module.replace('.', '/')}.py").read_text().splitlines()) < SMALL_LINES
    ]


def docstrings(path: Path) -> Iterator[str]:
    """Yields the docstrings of a file in reading order."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def comments(path: Path) -> Iterator[str]:
    """Yields the comments of a file."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def dialect(checkout: Path) -> list[str]:
    """Returns the docstrings and comments that hold a phrase of the ban list, with their file."""
    return [
        f"{path.relative_to(checkout)}: {match.group()!r} in {text.splitlines()[0]!r}"
        for package in PACKAGES
        for path in python_files(checkout, package)
        for text in (*docstrings(path), *comments(path))
        if (match := _DIALECT.search(" ".join(text.split())))
    ]


def undescribed_settings(checkout: Path) -> int:
    """Returns how many fields of the settings models have no description."""
    files = [path for path in (checkout / "rag").rglob("*.py") if "settings" in str(path.relative_to(checkout))]
    return sum(
        not any(keyword.arg == "description" for call in _field_calls(node) for keyword in call.keywords)
        for path in files
        for settings in ast.walk(ast.parse(path.read_text()))
        if isinstance(settings, ast.ClassDef) and settings.bases
        for node in settings.body
        if isinstance(node, ast.AnnAssign) and not ast.unparse(node.annotation).endswith("Settings")
    )


def longest_chain(checkout: Path) -> int:
    """Returns how many async generators a word of an answer passes through, or 0 where the checkout cannot count."""
    command = [sys.executable, "-m", "tests.support.generator_chain"]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    counted = subprocess.run(  # noqa: S603 - our own module
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    return len(counted.stdout.split())


def counts(checkout: Path) -> dict[str, str]:
    """Returns what is counted of one checkout, by name."""
    files = [path for package in PACKAGES for path in python_files(checkout, package)]
    lines = sum(len(path.read_text().splitlines()) for path in files)
    arrows = imports(checkout)
    texts = [text for path in files for text in docstrings(path)]
    in_folders = folders(checkout)
    return {
        "lines of code": f"{lines}",
        "files per 10,000 lines": f"{len(files) / lines * 10_000:.0f}",
        **{f"files in {package}/": f"{in_folders[package]}" for package in PACKAGES},
        f"folders of more than {MOST_IN_A_FOLDER} files": f"{sum(n > MOST_IN_A_FOLDER for n in in_folders.values())}",
        "circles between folders": f"{len(folder_circles(arrows))}",
        f"files under {SMALL_LINES} lines with one importer": f"{len(confetti(checkout, arrows))}",
        "docstrings": f"{len(texts)}",
        "docstrings that start as a question": f"{sum(bool(_HEADINGS.match(text)) for text in texts)}",
        "docstrings and comments of the ban list": f"{len(dialect(checkout))}",
        "settings without a description": f"{undescribed_settings(checkout)}",
        "async generators on the way of a word": f"{longest_chain(checkout) or '?'}",
    }


def _module(path: Path, checkout: Path) -> str:
    return ".".join(path.relative_to(checkout).with_suffix("").parts).removesuffix(".__init__")


def _child(module: str, parent: str) -> str | None:
    if not module.startswith(f"{parent}."):
        return None
    return module.removeprefix(f"{parent}.").split(".", 1)[0]


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _field_calls(node: ast.AnnAssign) -> list[ast.Call]:
    return [call for call in ast.walk(node) if isinstance(call, ast.Call) and ast.unparse(call.func) == "Field"]


def main(checkouts: list[Path]) -> None:
    columns = [counts(checkout) for checkout in checkouts]
    for name in columns[-1]:
        row = " ".join(f"{column[name]:>8}" for column in columns)
        sys.stdout.write(f"{name:45} {row}\n")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]] or [Path.cwd()])
