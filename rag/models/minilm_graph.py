"""The ONNX graphs of all-MiniLM-L6-v2 and of a cross-encoder of its shape, built from weights. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rag.types import FloatArray

HEADS = 12
HIDDEN = 384
BLOCK_SIZE = 128
_CONTRIB = "com.microsoft"
_EPSILON = 1e-12


def build_minilm(weights: Mapping[str, FloatArray], *, quantized: bool) -> onnx.ModelProto:
    """Returns BERT with mean pooling and L2 normalisation as one graph.

    Inputs are ``input_ids`` and ``attention_mask``, both ``(n, t) int64``; the output is ``sentence_embedding``,
    ``(n, 384) float32`` with rows of length 1. Token types are all zero, as in training, and folded into the positions.

    ``weights`` are the tensors of the published checkpoint by name. When ``quantized``, linear layers hold 8-bit
    weights and compute in 8-bit integers, with one scale for each block of 128 inputs on both sides. Each token has
    its own activation scales, so a vector does not depend on the rest of the batch.
    """
    graph = _Graph(weights, quantized=quantized)
    graph.pool(graph.encoder(graph.embeddings()))
    outputs: dict[str, list[str | int]] = {"sentence_embedding": ["batch", HIDDEN]}
    return graph.model("all-MiniLM-L6-v2", inputs=("input_ids", "attention_mask"), outputs=outputs)


def build_cross_encoder(weights: Mapping[str, FloatArray], *, quantized: bool) -> onnx.ModelProto:
    """Returns BERT with a pooled first token and one linear output as one graph.

    Inputs are ``input_ids``, ``attention_mask`` and ``token_type_ids``, all ``(n, t) int64``, the last 0 for the
    question and 1 for the text; the output is ``logits``, ``(n, 1) float32``. ``weights`` are the tensors of a
    transformers ``BertForSequenceClassification`` by name; their number of layers is the graph's.
    """
    classifier = {name: weights[name] for name in ("classifier.weight", "classifier.bias")}
    bert = {name.removeprefix("bert."): tensor for name, tensor in weights.items() if name.startswith("bert.")}
    graph = _Graph(bert | classifier, quantized=quantized)
    graph.classify(graph.encoder(graph.embeddings(token_types=True)))
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    return graph.model("cross-encoder", inputs=inputs, outputs={"logits": ["batch", 1]})


def quantize_blocks(weight: FloatArray) -> tuple[NDArray[np.uint8], FloatArray]:
    """Quantises ``(n, k)`` symmetrically in blocks of 128 along ``k``, which 128 must divide.

    Returns ``(n, k / 128, 128) uint8`` with zero at 128, and scales ``(n, k / 128) float32``, the
    inputs of ``com.microsoft.MatMulNBits``.
    """
    blocks = weight.reshape(weight.shape[0], -1, BLOCK_SIZE)
    scales = np.maximum(np.abs(blocks).max(axis=2), np.finfo(np.float32).tiny) / 127
    quantized = np.rint(blocks / scales[:, :, np.newaxis]) + 128
    return quantized.astype(np.uint8), scales.astype(np.float32)


class _Graph:
    """Collects nodes and constants; a node has the name of its only output."""

    def __init__(self, weights: Mapping[str, FloatArray], *, quantized: bool) -> None:
        self._weights = weights
        self._quantized = quantized
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def node(self, kind: str, inputs: list[str], output: str, *, domain: str = "", **attributes: float) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self._constants[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def embeddings(self, *, token_types: bool = False) -> str:
        words = self.constant("words", self._weights["embeddings.word_embeddings.weight"])
        first, second = self._weights["embeddings.token_type_embeddings.weight"][:2]
        positions = self.constant("positions", self._weights["embeddings.position_embeddings.weight"] + first)
        zero = self.constant("zero", np.array([0], np.int64))
        length = self.node("Shape", ["input_ids"], "length", start=1, end=2)
        word = self.node("Gather", [words, "input_ids"], "word")
        position = self.node("Slice", [positions, zero, length, zero], "position")
        embedded = self.node("Add", [word, position], "words_and_positions")
        if token_types:
            change = self.constant("token_types", np.stack([np.zeros_like(first), second - first]))
            embedded = self.node("Add", [embedded, self.node("Gather", [change, "token_type_ids"], "type")], "typed")
        return self._normalise(embedded, "embeddings.LayerNorm", "embedded")

    def encoder(self, hidden: str) -> str:
        """Adds as many layers as there are weights for; returns the last one's output."""
        mask = self.node("Cast", ["attention_mask"], "key_padding_mask", to=TensorProto.INT32)
        names = [name for name in self._weights if name.endswith(".attention.self.query.weight")]
        for layer in range(len(names)):
            hidden = self.layer(hidden, mask, f"encoder.layer.{layer}", f"hidden.{layer}")
        return hidden

    def layer(self, hidden: str, mask: str, name: str, output: str) -> str:
        attended = self._linear(self._attention(hidden, mask, name), f"{name}.attention.output.dense")
        hidden = self._residual(attended, hidden, f"{name}.attention.output.LayerNorm", f"{name}.between")
        expanded = self._linear(hidden, f"{name}.intermediate.dense")
        activated = self.node("Gelu", [expanded], f"{name}.gelu")
        contracted = self._linear(activated, f"{name}.output.dense")
        return self._residual(contracted, hidden, f"{name}.output.LayerNorm", output)

    def pool(self, hidden: str) -> None:
        mask = self.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
        axis = self.constant("axis", np.array([1], np.int64))
        # The L2 norm removes the length, so the sum over the tokens serves as their mean.
        row = self.node("Unsqueeze", [mask, axis], "mask_row")
        total = self.node("Squeeze", [self.node("MatMul", [row, hidden], "total_row"), axis], "total")
        self.node("LpNormalization", [total], "sentence_embedding", axis=-1, p=2)

    def classify(self, hidden: str) -> None:
        first = self.node("Gather", [hidden, self.constant("first", np.array(0, np.int64))], "first_token", axis=1)
        pooled = self.node("Tanh", [self._linear(first, "pooler.dense")], "pooled")
        weight = self.constant("classifier.weight", self._weights["classifier.weight"].T)
        product = self.node("MatMul", [pooled, weight], "classified")
        self.node("Add", [product, self.constant("classifier.bias", self._weights["classifier.bias"])], "logits")

    def model(self, name: str, *, inputs: Sequence[str], outputs: Mapping[str, Sequence[str | int]]) -> onnx.ModelProto:
        taken = [helper.make_tensor_value_info(key, TensorProto.INT64, ["batch", "sequence"]) for key in inputs]
        given = [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()]
        graph = helper.make_graph(self._nodes, name, taken, given, list(self._constants.values()))
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def _attention(self, hidden: str, mask: str, name: str) -> str:
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self._weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self._weights[f"{part}.bias"] for part in parts])
        projected = self._affine(hidden, f"{name}.projected", weight, bias)
        split = helper.make_node("Split", [projected], parts, name=f"{name}.split", axis=-1, num_outputs=3)
        self._nodes.append(split)
        inputs = [*parts, "", mask]
        return self.node("MultiHeadAttention", inputs, f"{name}.attended", domain=_CONTRIB, num_heads=HEADS)

    def _residual(self, update: str, hidden: str, name: str, output: str) -> str:
        return self._normalise(self.node("Add", [update, hidden], f"{name}.sum"), name, output)

    def _normalise(self, hidden: str, name: str, output: str) -> str:
        scale = self.constant(f"{name}.weight", self._weights[f"{name}.weight"])
        shift = self.constant(f"{name}.bias", self._weights[f"{name}.bias"])
        return self.node("LayerNormalization", [hidden, scale, shift], output, axis=-1, epsilon=_EPSILON)

    def _linear(self, hidden: str, name: str) -> str:
        return self._affine(hidden, name, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _affine(self, hidden: str, name: str, weight: FloatArray, bias: FloatArray) -> str:
        """Adds ``hidden @ weight.T + bias``, with ``weight`` ``(outputs, inputs)``."""
        shift = self.constant(f"{name}.bias", bias)
        if not self._quantized:
            product = self.node("MatMul", [hidden, self.constant(f"{name}.weight", weight.T)], f"{name}.product")
            return self.node("Add", [product, shift], name)
        blocks, scales = quantize_blocks(weight)
        inputs = [
            hidden,
            self.constant(f"{name}.weight", blocks),
            self.constant(f"{name}.scales", scales),
            "",  # zero points: 128 everywhere
            "",  # no reordering of inputs
            shift,
        ]
        # Accuracy level 4: multiply in 8-bit integers.
        return self.node(
            "MatMulNBits",
            inputs,
            name,
            domain=_CONTRIB,
            N=weight.shape[0],
            K=weight.shape[1],
            bits=8,
            block_size=BLOCK_SIZE,
            accuracy_level=4,
        )
