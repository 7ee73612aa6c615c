"""Reads the weights of a BERT from an ONNX file that ONNX Runtime quantised dynamically to 8 bits. Pure.

A matrix is in such a file as integers with a scale and a zero point, for the whole matrix or for each output, and
without its name: the node that multiplies by it has the name. Embeddings keep their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from rag.models.bert_graph import QuantizedWeight, Weight, quantize_blocks
from rag.types import FloatArray

_SUFFIX = "_quantized"
_PARTS = ("_zero_point", "_scale")
_PRODUCTS = ("/MatMul_quant", "/Gemm_MatMul_quant")
_WORDS = "word_embeddings.weight"
_ZERO = 128


def read_int8(content: bytes) -> dict[str, Weight]:
    """Returns the tensors by the names of the published checkpoint.

    Matrices keep their integers, with one scale for each output; the words get one for each block of 128 values.

    Raises:
        ValueError: it is another ONNX file; so does ``KeyError``.
    """
    graph = onnx.load_from_string(content).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    return dict(_tables(tensors)) | dict(_matrices(graph, tensors))


def _tables(tensors: Mapping[str, NDArray[np.generic]]) -> Iterator[tuple[str, Weight]]:
    """Yields the embeddings as floats, the words in blocks, and every tensor that was not quantised."""
    for name, tensor in tensors.items():
        base = name.removesuffix(_SUFFIX)
        if base != name and "embeddings." in base:
            zero, scale = (tensors[f"{base}{part}"].astype(np.float32) for part in _PARTS)
            table: FloatArray = (tensor.astype(np.float32) - zero) * scale
            yield base, quantize_blocks(table) if base.endswith(_WORDS) else table
        elif base == name and not name.endswith(_PARTS):
            yield name, tensor.astype(np.float32)


def _matrices(graph: onnx.GraphProto, tensors: Mapping[str, NDArray[np.generic]]) -> Iterator[tuple[str, Weight]]:
    for node in graph.node:
        path = next((node.name.removesuffix(end) for end in _PRODUCTS if node.name.endswith(end)), "")
        if node.op_type != "MatMulInteger" or not path:
            continue
        base = node.input[1].removesuffix(_SUFFIX)
        integers, scale = tensors[node.input[1]].astype(np.int16).T, tensors[f"{base}_scale"].astype(np.float32)
        if tensors[f"{base}_zero_point"].any():
            raise ValueError(f"the zero of {node.name} is not 0")
        name = f"{path.strip('/').replace('/', '.')}.weight"
        outputs, inputs = integers.shape
        if outputs == 1:  # the classifier, which computes in floats
            yield name, (integers * scale).astype(np.float32)
            continue
        yield (
            name,
            QuantizedWeight(
                blocks=(integers + _ZERO).astype(np.uint8)[:, np.newaxis],
                scales=np.broadcast_to(scale, outputs)[:, np.newaxis],
                bits=8,
                block_size=inputs,
            ),
        )
