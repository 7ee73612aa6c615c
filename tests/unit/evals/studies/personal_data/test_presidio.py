from pathlib import Path

import pytest

from evals.studies.personal_data import presidio
from evals.studies.personal_data.presidio import Presidio
from rag.errors import ConfigurationError
from rag.guard.personal.finding import Finding
from rag.model_server.environment import Environment
from rag.settings import ModelSettings, PersonalKind, Settings
from rag.types import Span


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A program in the place of the Python that has Presidio."""
    monkeypatch.setattr(Environment, "install", lambda _: None)
    path = tmp_path / "peers" / "presidio" / "bin" / "python"
    path.parent.mkdir(parents=True)
    return path


def answering(python: Path, tmp_path: Path, script: str) -> Presidio:
    python.write_text(f"#!/bin/sh\ncat > /dev/null\n{script}\n")
    python.chmod(0o700)
    return Presidio(Settings(models=ModelSettings(cache_folder=tmp_path)))


def test_kinds_that_are_measured_are_taken_and_others_left_out(python: Path, tmp_path: Path) -> None:
    peer = answering(python, tmp_path, """echo '[[["CREDIT_CARD", 0, 4], ["CRYPTO", 5, 9]], []]'""")
    card = Finding(kind=PersonalKind.CARD, span=Span(start=0, end=4))
    assert peer.find(["4111 xxxx", ""]) == [[card], []]


def test_a_failure_is_told_in_its_own_words(python: Path, tmp_path: Path) -> None:
    peer = answering(python, tmp_path, "echo 'no spacy' >&2; exit 1")
    with pytest.raises(ConfigurationError, match="no spacy"):
        peer.find(["x"])


def test_the_script_and_its_pins_are_there() -> None:
    pins = Path(presidio.__file__).with_name("presidio_constraints.txt").read_text("utf-8")
    assert "presidio_analyzer==2.2.366" in pins
    assert Path(presidio.__file__).with_name("presidio_script.py").is_file()
