"""The real steps are run by CI; here pip is told to do nothing, or to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ModelServerError
from rag.model_server.environment import VLLM_VERSION, Environment, environment_for
from rag.model_server.profiles import Hardware


@pytest.mark.slow
def test_an_environment_is_ready_once_it_is_installed_and_only_for_what_was_asked(tmp_path: Path) -> None:
    pins = tmp_path / "pins.txt"
    pins.write_text("a==1\n")
    environment = Environment(folder=tmp_path / "env", steps=(("list",),), constraints=pins)
    assert not environment.is_ready
    environment.install()
    assert environment.is_ready
    assert environment.python.is_file()
    assert not Environment(folder=environment.folder, steps=(("check",),), constraints=pins).is_ready
    pins.write_text("a==2\n")
    assert not environment.is_ready


@pytest.mark.slow
def test_a_failed_step_leaves_nothing_that_looks_ready(tmp_path: Path) -> None:
    environment = Environment(folder=tmp_path / "env", steps=(("list",), ("no-such-command",)))
    with pytest.raises(ModelServerError, match=r"no-such-command failed.*PIP_EXTRA_INDEX_URL"):
        environment.install()
    assert not environment.is_ready


@pytest.mark.parametrize("hardware", list(Hardware))
def test_vllm_is_pinned_and_has_a_folder_of_its_own(hardware: Hardware, tmp_path: Path) -> None:
    environment = environment_for(hardware, tmp_path)
    assert environment.folder == tmp_path / "vllm" / f"{hardware}-{VLLM_VERSION}"
    assert any(word.endswith(f"=={VLLM_VERSION}") for step in environment.steps for word in step)
