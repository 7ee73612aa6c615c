"""``citewell model-server``: runs a local vLLM server in an environment of its own."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from rag.model_server.environment import environment_for
from rag.model_server.gpu import check_fit, find_gpu
from rag.model_server.launching import prepare_launch
from rag.model_server.process import failure_of, running_server
from rag.model_server.profiles import ServerProfile, choose_profile, read_profiles
from rag.settings import load_settings

_DEFAULT_PORT = 8001
_START_SECONDS = 3_600.0  # time to fetch a model from a hub


def model_server(
    profile: Annotated[
        str | None,
        typer.Argument(metavar="PROFILE", help="A profile of profiles.toml; by default one that fits the machine."),
    ] = None,
    *,
    host: Annotated[
        str, typer.Option(help="0.0.0.0 lets other machines in; the server asks for no key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = _DEFAULT_PORT,
    profiles: Annotated[Path | None, typer.Option(help="A file with profiles of your own.")] = None,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Install and convert what is needed; start nothing.")
    ] = False,
) -> None:
    """Start a local model server (vLLM).

    It is installed in an environment of its own. 'citewell serve' uses it.
    """
    gpu = find_gpu()
    name, chosen = choose_profile(profile, read_profiles(profiles), has_gpu=gpu is not None)
    check_fit(name, chosen, gpu)
    cache_folder = load_settings().models.cache_folder
    _say(f"Profile {name}: {chosen.about}")
    if not environment_for(chosen.hardware, cache_folder).is_ready:
        _say("Installing vLLM in an environment of its own; this happens once and takes minutes.")
    launch = prepare_launch(chosen, host=host, port=port, cache_folder=cache_folder)
    if prepare:
        _say(f"Ready to start: citewell model-server {name}")
        return
    signal.signal(signal.SIGTERM, _end)
    _say(f"Starting {chosen.served_name}; its log: {launch.log}")
    with suppress(KeyboardInterrupt), running_server(launch, start_seconds=_START_SECONDS) as process:
        _welcome(chosen, launch.url, port)
        process.wait()
        raise failure_of(process, launch)


def _welcome(profile: ServerProfile, url: str, port: int) -> None:
    variable = "" if port == _DEFAULT_PORT else f"CITEWELL_GENERATION__URL={url}/v1 "
    _say(
        f"\nThe model server is ready: {profile.served_name} at {url}/v1\n\n"
        f"  Use it    {variable}make run          (in another terminal)\n"
        f"  Check     {variable}citewell doctor\n"
        f"  Stop      Ctrl-C\n"
    )


def _say(words: str) -> None:
    typer.echo(words)
    sys.stdout.flush()


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
