"""Loads models of ``sentence_transformers``, from the Hugging Face hub or a local folder. The only importer."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from rag.errors import ModelError

Model = TypeVar("Model")

COMPUTE_ERRORS = (RuntimeError, ValueError, IndexError)
"""Errors of a computing model: torch's own errors, out of memory included, are ``RuntimeError``."""

# A device that torch was not built for raises an AssertionError; the hub raises OSErrors.
_LOAD_ERRORS = (*COMPUTE_ERRORS, OSError, AssertionError, KeyError, TypeError, AttributeError, ImportError)
_HUB_REMEDY = (
    "Check the name and the device. Without a network, name a local folder that holds the model; "
    "HF_HUB_OFFLINE=1 makes a model that was downloaded before load without asking the hub."
)


def load_model(model: str, load: Callable[[ModuleType], Model]) -> Model:
    """Imports ``sentence_transformers`` and returns ``load`` of the module.

    Raises:
        ModelError: the package or the model is missing, or the model does not load on its device.
    """
    if Path(model).is_absolute() and not Path(model).is_dir():
        raise ModelError(model, "there is no such folder", remedy="Name a folder that holds the model.")
    try:
        library = importlib.import_module("sentence_transformers")
    except ImportError as error:
        remedy = "Run \"pip install 'citewell[transformers]'\"."
        raise ModelError(model, f"sentence_transformers cannot be imported ({error})", remedy=remedy) from error
    try:
        return load(library)
    except _LOAD_ERRORS as error:
        reason = (str(error) or type(error).__name__).strip().splitlines()[0].rstrip(".")
        raise ModelError(model, reason, remedy=_HUB_REMEDY) from error
