"""The peers: what each one installs, in an environment of its own, with the versions of ``constraints.txt``."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from evals.benchmarks.peers.system import LibrarySystem, run_driver
from rag.errors import ConfigurationError, ModelServerError
from rag.model_server.environment import Environment
from rag.settings import Settings

PINS = Path(__file__).parent / "constraints.txt"
ENCODER = ("numpy", "onnxruntime", "sentencepiece", "tokenizers")
"""What Citewell's encoder needs, which every peer encodes with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A library, the driver that runs it, and its packages. ``python`` is named where it does not run on 3.11."""

    name: str
    driver: str
    packages: tuple[str, ...]
    python: str | None = None

    @property
    def version(self) -> str:
        """The version that is pinned."""
        pinned = dict(line.split("==") for line in PINS.read_text("utf-8").splitlines() if "==" in line)
        return pinned[self.packages[0]]


PEERS = (
    # torch: it is imported, but nothing is computed with it here.
    Peer(name="txtai", driver="txtai", packages=("txtai", "torch")),
    Peer(
        name="LlamaIndex",
        driver="llama_index",
        packages=("llama-index-core", "llama-index-vector-stores-qdrant", "llama-index-retrievers-bm25"),
    ),
    Peer(name="Chroma", driver="chroma", packages=("chromadb",)),
    Peer(name="Haystack", driver="haystack", packages=("haystack-ai",)),
    Peer(name="haiku.rag", driver="haiku", packages=("haiku.rag-slim",), python="python3.12"),
)


def install_peer(peer: Peer, settings: Settings, *, encoder: Path, threads: int) -> LibrarySystem:
    """Returns a peer, whose packages are installed the first time.

    Raises:
        ConfigurationError: its Python is missing, or pip failed.
    """
    interpreter = shutil.which(peer.python) if peer.python else None
    if peer.python and not interpreter:
        raise ConfigurationError(f"not measured: it needs {peer.python}, which is not on this machine.")
    environment = Environment(
        folder=settings.models.cache_folder / "peers" / peer.driver,
        steps=(("install", *peer.packages, *ENCODER),),
        constraints=PINS,
        interpreter=interpreter,
    )
    try:
        environment.install()
    except ModelServerError as error:
        raise ConfigurationError("not measured: it could not be installed. pip's own words stand above.") from error
    return run_driver(
        f"{peer.name} {peer.version}", peer.driver, python=environment.python, encoder=encoder, threads=threads
    )
