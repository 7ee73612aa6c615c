"""Computes the means of languages that multilingual-e5-small needs: ``python -m evals.training.language_means FOLDER``.

``FOLDER`` is ``data/tatoeba/v1`` of github.com/facebookresearch/LASER: sentences of tatoeba.org (CC BY 2.0 FR), which
stand for passages, several at a time. The questions are our own, the same twenty in every language. Few texts suffice:
with twice as many, no search result of XQuAD changed by more than a point.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from random import Random

import numpy as np

from rag.models.encoder_form import LanguageMeans, write_means
from rag.models.folder import publish
from rag.models.installed import E5, E5_MEANS, write_raw_e5
from rag.retrieval.encoders.onnx import OnnxEncoder

_QUESTIONS = Path(__file__).with_name("questions_by_language.json")
_TATOEBA = {
    "ar": "ara", "bg": "bul", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fa": "pes",
    "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn", "ko": "kor",
    "nb": "nob", "nl": "nld", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "th": "tha", "tr": "tur",
    "uk": "ukr", "vi": "vie", "zh": "cmn",
}  # fmt: skip
_SENTENCES_A_PASSAGE = 6
_PASSAGES = 100


def main(folder: Path) -> None:
    """Writes the means into the package of the models."""
    asked = json.loads(_QUESTIONS.read_text("utf-8"))
    languages = tuple(sorted(asked))
    with tempfile.TemporaryDirectory() as cache:
        model = Path(cache) / "raw"
        publish(model, lambda draft: write_raw_e5(E5.source(), draft))
        encoder = OnnxEncoder(model)
        questions = [encoder.encode_questions(asked[language]).mean(axis=0) for language in languages]
        passages = [encoder.encode(_passages(folder, _TATOEBA[language])).mean(axis=0) for language in languages]
    write_means(E5_MEANS, LanguageMeans(questions=np.stack(questions), passages=np.stack(passages)), languages)


def _passages(folder: Path, code: str) -> list[str]:
    pair = "deu-eng" if code == "eng" else f"{code}-eng"
    sentences = (folder / f"tatoeba.{pair}.{code}").read_text("utf-8").splitlines()
    Random(1).shuffle(sentences)  # noqa: S311 - no secret
    starts = range(0, len(sentences) - _SENTENCES_A_PASSAGE + 1, _SENTENCES_A_PASSAGE)
    return [" ".join(sentences[start : start + _SENTENCES_A_PASSAGE]) for start in starts][:_PASSAGES]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
