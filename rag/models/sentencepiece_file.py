"""Writes a vocabulary with scores as a SentencePiece model, with XLM-R's normalisation and special tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as messages

SENTENCEPIECE_FILE = "sentencepiece.model"
BEGIN, PADDING, END, UNKNOWN = 0, 1, 2, 3
_NORMALISATION = "nmt_nfkc"
_MASK = "<mask>"


def write_sentencepiece(path: Path, pieces: Sequence[str], scores: Sequence[float]) -> None:
    """Writes the model; a piece's place is its id, and the first four are ``<s>``, padding, ``</s>`` and unknown."""
    model = messages.ModelProto()
    kinds = model.SentencePiece
    for index, (piece, score) in enumerate(zip(pieces, scores, strict=True)):
        entry = model.pieces.add(piece=piece, score=score)
        if index == UNKNOWN:
            entry.type = kinds.UNKNOWN
        elif index < UNKNOWN or piece == _MASK:
            entry.type = kinds.CONTROL
    trainer, normalizer = model.trainer_spec, model.normalizer_spec
    trainer.model_type = trainer.UNIGRAM
    trainer.vocab_size = len(pieces)
    trainer.bos_id, trainer.pad_id, trainer.eos_id, trainer.unk_id = BEGIN, PADDING, END, UNKNOWN
    normalizer.name = _NORMALISATION
    rules = Path(sentencepiece.__file__).parent / "package_data" / f"{_NORMALISATION}.bin"
    normalizer.precompiled_charsmap = rules.read_bytes()
    path.write_bytes(model.SerializeToString())
