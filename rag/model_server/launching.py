"""From a profile to a server that can be started: environment and model are there afterwards."""

from __future__ import annotations

from pathlib import Path

from rag.model_server.environment import environment_for
from rag.model_server.process import Launch, server_command, server_variables
from rag.model_server.profiles import ServerProfile, server_arguments
from rag.model_server.smollm2 import prepare_smollm2


def prepare_launch(profile: ServerProfile, *, host: str, port: int, cache_folder: Path) -> Launch:
    """Installs vLLM and prepares the model where that was not done yet.

    Raises:
        ModelServerError: one of them failed.
    """
    environment = environment_for(profile.hardware, cache_folder)
    environment.install()
    form = profile.prepared_form
    folder = prepare_smollm2(environment, form=form, cache_folder=cache_folder) if form else None
    arguments = server_arguments(profile, host=host, port=port, folder=folder)
    return Launch(
        command=server_command(environment.python, arguments),
        host=host,
        port=port,
        log=cache_folder / "vllm" / f"server-{port}.log",
        variables=server_variables(cache_folder=cache_folder, offline=folder is not None),
    )
