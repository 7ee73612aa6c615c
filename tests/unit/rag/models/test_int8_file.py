from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rag.models.bert_graph import QuantizedWeight
from rag.models.int8_file import read_int8

_RNG = np.random.default_rng(3)
MATRIX = _RNG.integers(-127, 128, (384, 256), dtype=np.int8)  # inputs by outputs
WORDS = _RNG.integers(0, 256, (7, 384), dtype=np.uint8)


def file(*, zero: int = 0, scale: float | list[float] = 0.5) -> bytes:
    """A file with words, one matrix and its bias."""
    name = "embeddings.word_embeddings.weight"
    tensors = {
        f"{name}_quantized": WORDS,
        f"{name}_zero_point": np.array(100, np.uint8),
        f"{name}_scale": np.array(0.25, np.float32),
        "onnx::MatMul_9_quantized": MATRIX,
        "onnx::MatMul_9_zero_point": np.array(zero, np.int8),
        "onnx::MatMul_9_scale": np.array(scale, np.float32),
        "encoder.layer.0.output.dense.bias": np.arange(256, dtype=np.float32),
    }
    inputs = ["x", "onnx::MatMul_9_quantized", "", "onnx::MatMul_9_zero_point"]
    node = helper.make_node("MatMulInteger", inputs, ["y"], name="/encoder/layer.0/output/dense/MatMul_quant")
    taken = [helper.make_tensor_value_info("x", TensorProto.UINT8, [1, 384])]
    given = [helper.make_tensor_value_info("y", TensorProto.INT32, [1, 256])]
    held = [numpy_helper.from_array(tensor, key) for key, tensor in tensors.items()]
    model: bytes = helper.make_model(helper.make_graph([node], "bert", taken, given, held)).SerializeToString()
    return model


def restored(weight: object) -> NDArray[np.float32]:
    assert isinstance(weight, QuantizedWeight)
    values = (weight.blocks.astype(np.float32) - 128) * weight.scales[:, :, np.newaxis]
    return values.reshape(weight.shape).astype(np.float32)


@pytest.mark.parametrize("scale", [0.5, [0.1 * (1 + at % 5) for at in range(256)]])
def test_a_matrix_keeps_its_integers_and_gets_the_name_of_its_product(scale: float | list[float]) -> None:
    weights = read_int8(file(scale=scale))
    expected = MATRIX.T * np.broadcast_to(scale, 256)[:, np.newaxis]
    np.testing.assert_allclose(restored(weights["encoder.layer.0.output.dense.weight"]), expected, rtol=1e-6)
    np.testing.assert_array_equal(weights["encoder.layer.0.output.dense.bias"], np.arange(256))
    assert len(weights) == 3


def test_words_are_read_with_their_zero() -> None:
    words = restored(read_int8(file())["embeddings.word_embeddings.weight"])
    np.testing.assert_allclose(words, (WORDS.astype(np.float32) - 100) / 4, atol=0.16)


def test_a_matrix_whose_zero_is_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="is not 0"):
        read_int8(file(zero=3))
