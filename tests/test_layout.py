"""The house stays as it is meant: small roots and folders, no circles, plain words, tests beside their sources."""

from __future__ import annotations

from pathlib import Path

from tests import house

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "tests" / "unit"
# Each tests something that several sources of its folder do together.
TOGETHER = {
    "api/commands/test_names.py",
    "evals/benchmarks/test_benchmarks.py",
    "evals/studies/test_search_evaluations.py",
    "rag/catalog/test_pages.py",
    "rag/catalog/test_states.py",
}


def has_source(test: Path) -> bool:
    """Tells whether a source, or a folder of sources, has the test's name, or its first words: a test may have more."""
    folder = ROOT / test.relative_to(UNIT).parent
    words = test.stem.removeprefix("test_").split("_")
    names = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
    return any((folder / f"{name}.py").exists() or (folder / name).is_dir() for name in names)


def test_every_unit_test_has_a_source_of_its_name() -> None:
    strays = {str(test.relative_to(UNIT)) for test in UNIT.rglob("test_*.py") if not has_source(test)}
    assert strays <= TOGETHER


def test_no_root_and_no_folder_holds_too_many_files() -> None:
    held = house.folders(ROOT)
    assert {package: held[package] for package in house.PACKAGES if held[package] > house.MOST_IN_A_ROOT} == {}
    assert {folder: files for folder, files in held.items() if files > house.MOST_IN_A_FOLDER} == {}


def test_no_folders_import_each_other_in_a_circle() -> None:
    assert house.folder_circles(house.imports(ROOT)) == []


def test_docstrings_and_comments_are_in_plain_english() -> None:
    assert house.dialect(ROOT) == []
