"""The encoders and cross-encoders in packages of the registry, prepared for ONNX Runtime from the weights there."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
from safetensors import SafetensorError
from safetensors.numpy import load

from rag.errors import ModelError
from rag.models.bert_graph import build_cross_encoder, build_encoder
from rag.models.e5_file import read_e5
from rag.models.encoder_form import MEANS_FILE, EncoderForm, write_form
from rag.models.folder import file_sha256, publish
from rag.models.int8_file import read_int8
from rag.models.known.facts import KNOWN, KnownModel
from rag.models.pair_form import PairForm, write_pair_form
from rag.models.sentencepiece_file import SENTENCEPIECE_FILE, write_sentencepiece
from rag.models.subwords import WORDPIECE_FILE

_READ_ERRORS = (SafetensorError, KeyError, ValueError, struct.error)
E5_MEANS = Path(__file__).with_name("e5_language_means.npz")
"""Made by ``python -m evals.training.language_means``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledModel:
    """A model in a package of the registry, of which only the files of the model are read.

    ``vectors_name`` is model, form and version of the vectors: an index belongs to one. A change that alters vectors
    raises its version; any change of the prepared files raises that of ``folder_name``. ``write`` makes the prepared
    model's files of the file of weights.
    """

    known: KnownModel
    vectors_name: str
    folder_name: str
    write: Callable[[Path, Path], None]

    def source(self, cache_folder: Path | None = None) -> Path:
        """Returns the file of weights: in the installed package, which is not imported, or below ``cache_folder``.

        Raises:
            ModelError: it is in neither.
        """
        folder = self.known.find(cache_folder)
        if folder is None:
            reason = f"it is not installed ({self.known.source})"
            raise ModelError(self.folder_name, reason, remedy=f"Run 'citewell models install {self.known.name}'.")
        return folder / self.known.files[0].name

    def prepare(self, cache_folder: Path) -> Path:
        """Returns the folder of the prepared model below ``cache_folder``; creates it the first time (seconds).

        An existing folder is not verified; loading does that. Several processes may call this at once.

        Raises:
            ModelError: the weights are missing or changed, or the folder cannot be written.
        """
        folder = cache_folder / "models" / self.folder_name
        if not folder.is_dir():
            weights = self.source(cache_folder)
            try:
                publish(folder, lambda draft: self._write(weights, draft))
            except OSError as error:
                remedy = "Set CITEWELL_MODELS__CACHE_FOLDER to a folder that can be written."
                raise ModelError(self.folder_name, f"{folder} cannot be written ({error})", remedy=remedy) from error
        return folder

    def _write(self, weights: Path, draft: Path) -> None:
        remedy = f"Delete it and run 'citewell models install {self.known.name}'."
        if file_sha256(weights) != self.known.files[0].sha256:
            raise ModelError(self.folder_name, f"{weights} is not the published file", remedy=remedy)
        try:
            self.write(weights, draft)
        except _READ_ERRORS as error:
            raise ModelError(self.folder_name, f"{weights} cannot be read ({error})", remedy=remedy) from error


def _write_minilm(weights: Path, folder: Path) -> None:
    model = build_encoder(load(weights.read_bytes()), name=weights.parent.name, quantized=True)
    onnx.save(model, str(folder / "model.onnx"))
    shutil.copyfile(weights.with_name(WORDPIECE_FILE), folder / WORDPIECE_FILE)
    write_form(folder, EncoderForm(name=MINILM.vectors_name))


def _write_e5(weights: Path, folder: Path) -> None:
    write_raw_e5(weights, folder)
    shutil.copyfile(E5_MEANS, folder / MEANS_FILE)


def write_raw_e5(weights: Path, folder: Path) -> None:
    """Writes multilingual-e5-small without the means of languages, which are computed from its raw vectors."""
    held = read_e5(weights.read_bytes())
    model = build_encoder(held.weights, name=weights.stem, quantized=True, by_rows=True)
    onnx.save(model, str(folder / "model.onnx"))
    write_sentencepiece(folder / SENTENCEPIECE_FILE, held.pieces, held.scores.tolist())
    form = EncoderForm(name=E5.vectors_name, question_prefix="query: ", passage_prefix="passage: ", max_tokens=506)
    write_form(folder, form)


def _write_bge(weights: Path, folder: Path) -> None:
    held = read_int8(weights.read_bytes())
    model = build_encoder(held, name=weights.parent.name, quantized=True, by_rows=True, first_token=True)
    onnx.save(model, str(folder / "model.onnx"))
    shutil.copyfile(weights.with_name(WORDPIECE_FILE), folder / WORDPIECE_FILE)
    instruction = "Represent this sentence for searching relevant passages: "
    write_form(folder, EncoderForm(question_prefix=instruction, max_tokens=500))


def _write_ms_marco(weights: Path, folder: Path) -> None:
    model = build_cross_encoder(read_int8(weights.read_bytes()), quantized=True, by_rows=True)
    onnx.save(model, str(folder / "model.onnx"))
    shutil.copyfile(weights.with_name(WORDPIECE_FILE), folder / WORDPIECE_FILE)
    write_pair_form(folder, PairForm(weight=0.4, temperature=4.0, reads=4, open_margin=0.3, is_english=True))


MINILM = InstalledModel(
    known=KNOWN["all-MiniLM-L6-v2"],
    vectors_name="all-MiniLM-L6-v2-int8-v1",
    folder_name="all-MiniLM-L6-v2-int8-v2",
    write=_write_minilm,
)
E5 = InstalledModel(
    known=KNOWN["multilingual-e5-small"],
    vectors_name="multilingual-e5-small-int8-v1",
    folder_name="multilingual-e5-small-int8-v3",
    write=_write_e5,
)
BGE = InstalledModel(
    known=KNOWN["bge-small-en-v1.5"],
    vectors_name="bge-small-en-v1.5-int8-v1",
    folder_name="bge-small-en-v1.5-int8-v1",
    write=_write_bge,
)
MS_MARCO = InstalledModel(
    known=KNOWN["ms-marco-MiniLM-L-12-v2"],
    vectors_name="",
    folder_name="ms-marco-MiniLM-L-12-v2-int8-v1",
    write=_write_ms_marco,
)
INSTALLED: Mapping[str, InstalledModel] = {encoder.known.name: encoder for encoder in (MINILM, E5, BGE)}
"""The encoders by name."""
INSTALLED_RERANKERS: Mapping[str, InstalledModel] = {MS_MARCO.known.name: MS_MARCO}
"""The cross-encoders by name."""


def model_folder(name: str, installed: Mapping[str, InstalledModel], cache_folder: Path) -> Path:
    """Returns the folder of a model that a setting names: of an installed one, prepared, or ``name`` as a path.

    Raises:
        ModelError: the weights of an installed one are missing or changed, or its folder cannot be written.
    """
    model = installed.get(name)
    return model.prepare(cache_folder) if model else Path(name)
