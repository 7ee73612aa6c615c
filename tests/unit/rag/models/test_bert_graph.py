import numpy as np
import onnxruntime
import pytest

from rag.models.bert_graph import HIDDEN, QuantizedWeight, build_encoder, dequantized, quantize_blocks, quantize_rows
from rag.types import FloatArray

WORDS = 50
SHAPES = {
    "attention.self.query": (HIDDEN, HIDDEN),
    "attention.self.key": (HIDDEN, HIDDEN),
    "attention.self.value": (HIDDEN, HIDDEN),
    "attention.output.dense": (HIDDEN, HIDDEN),
    "intermediate.dense": (4 * HIDDEN, HIDDEN),
    "output.dense": (HIDDEN, 4 * HIDDEN),
}


@pytest.fixture(scope="module")
def weights() -> dict[str, FloatArray]:
    """One layer of random weights."""
    random = np.random.default_rng(3)

    def normal(*shape: int) -> FloatArray:
        return random.normal(scale=0.06, size=shape).astype(np.float32)

    tables = {"word": WORDS, "position": 64, "token_type": 2}
    found = {f"embeddings.{name}_embeddings.weight": normal(count, HIDDEN) for name, count in tables.items()}
    for name in ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"):
        found[f"{name}.LayerNorm.weight"] = 1 + normal(HIDDEN)
        found[f"{name}.LayerNorm.bias"] = normal(HIDDEN)
    for name, shape in SHAPES.items():
        found[f"encoder.layer.0.{name}.weight"] = normal(*shape)
        found[f"encoder.layer.0.{name}.bias"] = normal(shape[0])
    return found


def vectors(weights: dict[str, FloatArray], *rows: list[int], by_rows: bool, exact: bool = True) -> FloatArray:
    model = build_encoder(weights, name="test", quantized=by_rows, by_rows=by_rows).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "0" if exact else "1")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    input_ids = np.array(rows, dtype=np.int64)
    feed = {"input_ids": input_ids, "attention_mask": (input_ids != 0).astype(np.int64)}
    encoded: FloatArray = session.run(["sentence_embedding"], feed)[0]
    return encoded


def test_integers_with_a_scale_for_each_token_give_nearly_the_same_vectors(weights: dict[str, FloatArray]) -> None:
    texts = [list(range(1, 21)), list(range(21, 41))]
    cosines = (vectors(weights, *texts, by_rows=True) * vectors(weights, *texts, by_rows=False)).sum(axis=1)
    assert cosines.min() > 0.999


def test_integers_do_not_depend_on_the_rest_of_the_batch(weights: dict[str, FloatArray]) -> None:
    short, long = [1, 2, 3], list(range(4, 30))
    padded = vectors(weights, long, [*short, *[0] * (len(long) - len(short))], by_rows=True)[1]
    assert padded == pytest.approx(vectors(weights, short, by_rows=True)[0], abs=1e-5)


def test_a_processor_that_adds_bytes_in_another_way_gives_the_same_vectors(weights: dict[str, FloatArray]) -> None:
    text = list(range(1, 41))
    slow = vectors(weights, text, by_rows=True, exact=False)
    assert slow == pytest.approx(vectors(weights, text, by_rows=True), abs=1e-3)


def test_quantised_rows_differ_from_the_weights_by_half_a_step_at_most() -> None:
    weight = np.random.default_rng(7).normal(size=(5, 384)).astype(np.float32)
    weight[2] = 0
    values, scales = quantize_rows(weight)
    assert (np.abs(values * scales[:, np.newaxis] - weight) <= scales[:, np.newaxis] * 0.501).all()
    assert not values[2].any()


def test_a_weight_in_blocks_is_restored() -> None:
    weight = np.random.default_rng(7).normal(size=(3, 256)).astype(np.float32)
    quantized = quantize_blocks(weight)
    assert np.abs(dequantized(quantized) - weight).max() <= quantized.scales.max() * 0.501
    assert dequantized(weight) is weight


def test_of_two_values_in_a_byte_the_lower_half_comes_first() -> None:
    blocks = np.array([[[0x90, 0xF8]]], dtype=np.uint8)
    weight = QuantizedWeight(blocks=blocks, scales=np.array([[2]], dtype=np.float32), bits=4, block_size=4)
    assert dequantized(weight).tolist() == [[-16, 2, 0, 14]]
