"""What the pages name is there: files, symbols, settings, links out of ``docs/``; the README keeps its size."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.settings import load_settings
from rag.settings.base import variable_of
from rag.settings.removed import FIXED
from rag.settings.sources import CONFIG_VARIABLE
from tests.docs.pages import DOCS, README, ROOT, all_pages

_INLINE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?<![\w/.{])((?:rag|ingest|api|evals|tests|docs)/[\w./-]*)(?::([\w.]+))?")
_FENCES = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"CITEWELL_[A-Z0-9_]*[A-Z0-9]")
_IMAGE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
_STAGE = re.compile(r"\.stage\(\s*\"(\w+)\"")
_MOST_LINES = 150
_MOST_BYTES = 9 * 1024
_MOST_IMAGE_BYTES = 200_000


@pytest.fixture(params=all_pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_every_file_and_symbol_that_a_page_names_is_there(page: Path) -> None:
    missing = []
    for code in _INLINE.findall(_FENCES.sub("", page.read_text("utf-8"))):
        for path, symbol in _PATH.findall(code):
            file = ROOT / path
            if not file.exists() or (symbol and symbol not in symbols(file)):
                missing.append(code)
    assert not missing


def symbols(file: Path) -> set[str]:
    """Returns the names that a module defines, those in its classes as ``Class.name``."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        names = _defined(node)
        found |= names
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for inner in node.body for name in _defined(inner)}
    return found


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_every_variable_that_a_page_names_is_a_setting(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CITEWELL_")]:
        monkeypatch.delenv(name)
    named = set(_VARIABLE.findall(page.read_text("utf-8"))) - {CONFIG_VARIABLE}
    assert not named & {variable_of(path) for path in FIXED}, "these are constants now"
    for name in named:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("CITEWELL_SERVER__PORT", "none")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "not known" not in str(caught.value)


def test_every_target_of_make_that_a_page_names_is_there(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"(?:`|^)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    assert set(named) <= set(targets)


def test_every_command_and_option_that_a_page_names_is_there(page: Path) -> None:
    known = commands()
    if page.name == "upgrade.md":  # it names those of earlier builds, too
        return
    for words in re.findall(r"(?:`|^|\$ )citewell ([a-z][^`\n]*)", page.read_text("utf-8"), re.MULTILINE):
        named = [name for name in known if f"{words} ".startswith(f"{name} ")]
        assert named or words in {"eval", "train", "users", "groups", "keys", "tenants"}, f"citewell {words}"
        command = words.partition(" # ")[0]
        assert set(_OPTION.findall(command)) <= {option for name in named for option in known[name]}, command


def commands() -> dict[str, set[str]]:
    """Returns the options of every command, as the reference has them."""
    page = (DOCS / "reference" / "cli.md").read_text("utf-8")
    sections = re.findall(r"^## citewell (.+)\n((?:(?!^## ).*\n?)*)", page, re.MULTILINE)
    return {name: set(_OPTION.findall(text)) for name, text in sections}


def test_the_readme_is_one_page() -> None:
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= _MOST_LINES
    assert len(text.encode()) <= _MOST_BYTES


def test_the_readme_links_to_files_that_are_there() -> None:
    for address in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README.read_text("utf-8")):
        assert address.startswith("https://") or (ROOT / address).exists(), address


def test_every_image_is_there_and_small(page: Path) -> None:
    for address in _IMAGE.findall(page.read_text("utf-8")):
        assert (page.parent / address).stat().st_size < _MOST_IMAGE_BYTES, address


@pytest.mark.parametrize("package", ["rag", "ingest", "evals", "api"])
def test_the_architecture_names_every_folder(package: str) -> None:
    page = (DOCS / "concepts" / "architecture.md").read_text("utf-8")
    folders = {folder.name for folder in (ROOT / package).iterdir() if folder.is_dir()} - {"__pycache__"}
    assert not [folder for folder in folders if f"`{package}/{folder}/`" not in page]


def test_the_life_of_an_answer_tells_of_every_stage() -> None:
    page = (DOCS / "concepts" / "answer-life.md").read_text("utf-8")
    stages = {stage for file in (ROOT / "rag").rglob("*.py") for stage in _STAGE.findall(file.read_text("utf-8"))}
    assert stages == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))


def test_the_glossary_is_short_and_says_each_word_once() -> None:
    rows = re.findall(r"^\| \*\*(.+?)\*\* \|", (DOCS / "glossary.md").read_text("utf-8"), re.MULTILINE)
    assert len(set(rows)) == len(rows) <= 26


def test_a_cell_of_the_benchmarks_holds_one_number() -> None:
    for line in (DOCS / "benchmarks.md").read_text("utf-8").splitlines():
        if line.startswith("|"):
            for figure in line.strip("|").split("|")[1:]:
                assert len(re.findall(r"(?<![\w@.,])\d[\d.,]*", re.sub(r"`[^`]+`", "", figure))) <= 1, line
