"""How an encoder wants its texts and its vectors: prefixes, the longest text, and the means of its languages."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from rag.types import FloatArray

_FORM_FILE = "encoder.json"
MEANS_FILE = "language_means.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderForm:
    """``max_tokens`` counts neither the prefixes nor special tokens. The default is that of all-MiniLM-L6-v2.

    ``name`` stands for the vectors: an index belongs to it. Empty means the folder's name.
    """

    name: str = ""
    question_prefix: str = ""
    passage_prefix: str = ""
    max_tokens: int = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageMeans:
    """The mean vectors of texts of several languages, ``(languages, d) float32``, as questions and as passages.

    Some multilingual encoders put all texts of a language into one corner: the offset depends on the language, not on
    the meaning, so that any passage in the question's language is nearer than the right one in another. Taking the
    mean of the text's language away leaves the meaning. The language is the one with the nearest mean.
    """

    questions: FloatArray
    passages: FloatArray

    def centred(self, vectors: FloatArray, *, is_question: bool) -> FloatArray:
        """Returns vectors ``(n, d)`` of length 1 without the mean of their language, again of length 1."""
        means = self.questions if is_question else self.passages
        distances = (means**2).sum(axis=1) - 2 * vectors @ means.T  # squared, but for the vectors' own length
        moved = vectors - means[distances.argmin(axis=1)]
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        centred: FloatArray = (moved / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
        return centred


def write_form(folder: Path, form: EncoderForm) -> None:
    """Writes the form into a model's folder."""
    (folder / _FORM_FILE).write_text(json.dumps(asdict(form), indent=2) + "\n", encoding="utf-8")


def read_form(folder: Path) -> EncoderForm:
    """Returns the form of a model's folder, or the default.

    Raises:
        ValueError: the file is damaged; so does ``TypeError``.
    """
    path = folder / _FORM_FILE
    return EncoderForm(**json.loads(path.read_text("utf-8"))) if path.is_file() else EncoderForm()


def read_means(path: Path) -> LanguageMeans:
    """Returns the means that ``write_means`` wrote."""
    with np.load(path, allow_pickle=False) as held:
        return LanguageMeans(
            questions=held["questions"].astype(np.float32), passages=held["passages"].astype(np.float32)
        )


def folder_means(folder: Path) -> LanguageMeans | None:
    """Returns the means of a model's folder, or None if its vectors need none."""
    path = folder / MEANS_FILE
    return read_means(path) if path.is_file() else None


def write_means(path: Path, means: LanguageMeans, languages: tuple[str, ...]) -> None:
    """Writes the means in half precision, with the languages' codes in their order."""
    np.savez_compressed(
        path,
        questions=means.questions.astype(np.float16),
        passages=means.passages.astype(np.float16),
        languages=np.array(languages),
    )
