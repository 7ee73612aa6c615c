from pathlib import Path

import pytest

from evals.benchmarks.peers.installing import ENCODER, PEERS, PINS, Peer, install_peer
from rag.errors import ConfigurationError, ModelServerError
from rag.model_server.environment import Environment
from rag.settings import Settings
from tests.support.requirements import ROOT


def test_every_package_that_is_asked_for_is_pinned() -> None:
    lines = [line for line in PINS.read_text().splitlines() if not line.startswith("#")]
    pinned = {line.partition("==")[0] for line in lines}
    assert all("==" in line for line in lines)
    assert len(pinned) == len(lines)
    assert {package for peer in PEERS for package in (*peer.packages, *ENCODER)} <= pinned


def test_peers_encode_with_the_versions_that_citewell_encodes_with() -> None:
    ours = set((ROOT / "constraints.txt").read_text().splitlines())
    assert {line for line in PINS.read_text().splitlines() if line.partition("==")[0] in ENCODER} <= ours


@pytest.mark.parametrize("peer", PEERS)
def test_every_peer_has_a_driver_and_a_version(peer: Peer) -> None:
    assert (ROOT / f"evals/benchmarks/peers/drivers/{peer.driver}.py").is_file()
    assert peer.version


def test_a_peer_whose_python_is_missing_says_so(tmp_path: Path) -> None:
    peer = Peer(name="haiku.rag", driver="haiku", packages=("haiku.rag-slim",), python="python9.9")
    with pytest.raises(ConfigurationError, match=r"needs python9\.9"):
        install_peer(peer, Settings(), encoder=tmp_path, threads=0)


def test_a_peer_that_cannot_be_installed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Environment) -> None:
        raise ModelServerError("pip failed", remedy="")

    monkeypatch.setattr(Environment, "install", fail)
    with pytest.raises(ConfigurationError, match="could not be installed"):
        install_peer(PEERS[0], Settings(), encoder=tmp_path, threads=0)
