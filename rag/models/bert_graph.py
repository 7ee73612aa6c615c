"""The ONNX graphs of encoders and cross-encoders of BERT's kind, built from weights. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedWeight:
    """A matrix ``(n, k)`` in blocks along ``k``, as ``com.microsoft.MatMulNBits`` takes it.

    ``blocks`` is ``(n, k / block_size, block_size * bits / 8) uint8``, with zero in the middle of the range; of two
    4-bit values in a byte the first is the lower one. ``scales`` is ``(n, k / block_size) float32``.
    """

    blocks: NDArray[np.uint8]
    scales: FloatArray
    bits: int
    block_size: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.blocks.shape[0], self.scales.shape[1] * self.block_size


Weight = FloatArray | QuantizedWeight


def build_encoder(
    weights: Mapping[str, Weight], *, name: str, quantized: bool, by_rows: bool = False, first_token: bool = False
) -> onnx.ModelProto:
    """Returns BERT with L2-normalised vectors as one graph: the mean over the tokens, or ``first_token``.

    Inputs are ``input_ids`` and ``attention_mask``, both ``(n, t) int64``; outputs are ``sentence_embedding``,
    ``(n, 384) float32`` with rows of length 1, and ``token_embeddings``, ``(n, t, 384) float32``, of which it is the
    mean. Token types are all zero, as in training, and folded into the positions.

    ``weights`` are the tensors of the published checkpoint by name; those that are quantised stay as they are. When
    ``quantized``, the other linear layers are quantised to 8 bits. All of them compute in 8-bit integers, with one
    scale for each block of inputs on both sides. Each token has its own activation scales, so a vector does not depend
    on the rest of the batch.

    ``by_rows`` requantises all linear layers to 8 bits with one scale for each output, and computes with one scale for
    each token: twice as fast as with blocks and slightly less exact.
    """
    graph = _Graph(weights, quantized=quantized, by_rows=by_rows)
    hidden = graph.encoder(graph.embeddings())
    graph.normalise(graph.first(hidden) if first_token else graph.total(hidden))
    outputs: dict[str, list[str | int]] = {"sentence_embedding": ["batch", HIDDEN]}
    if not first_token:
        graph.node("Identity", [hidden], "token_embeddings")
        outputs["token_embeddings"] = ["batch", "sequence", HIDDEN]
    return graph.model(name, inputs=("input_ids", "attention_mask"), outputs=outputs)


def build_cross_encoder(weights: Mapping[str, Weight], *, quantized: bool, by_rows: bool = False) -> onnx.ModelProto:
    """Returns BERT with a pooled first token and one linear output as one graph.

    Inputs are ``input_ids``, ``attention_mask`` and ``token_type_ids``, all ``(n, t) int64``, the last 0 for the
    question and 1 for the text; the output is ``logits``, ``(n, 1) float32``. ``weights`` are the tensors of a
    transformers ``BertForSequenceClassification`` by name; their number of layers is the graph's. ``by_rows`` is as for
    ``build_encoder``.
    """
    classifier = {name: weights[name] for name in ("classifier.weight", "classifier.bias")}
    bert = {name.removeprefix("bert."): tensor for name, tensor in weights.items() if name.startswith("bert.")}
    graph = _Graph(bert | classifier, quantized=quantized, by_rows=by_rows)
    graph.classify(graph.encoder(graph.embeddings(token_types=True)))
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    return graph.model("cross-encoder", inputs=inputs, outputs={"logits": ["batch", 1]})


def quantize_blocks(weight: FloatArray) -> QuantizedWeight:
    """Quantises ``(n, k)`` symmetrically to 8 bits in blocks of 128 along ``k``, which 128 must divide."""
    blocks = weight.reshape(weight.shape[0], -1, BLOCK_SIZE)
    scales = np.maximum(np.abs(blocks).max(axis=2), np.finfo(np.float32).tiny) / 127
    quantized = np.rint(blocks / scales[:, :, np.newaxis]) + 128
    return QuantizedWeight(
        blocks=quantized.astype(np.uint8), scales=scales.astype(np.float32), bits=8, block_size=BLOCK_SIZE
    )


def quantize_rows(weight: Weight) -> tuple[NDArray[np.int8], FloatArray]:
    """Quantises ``(n, k)`` symmetrically to 8 bits; returns the values, ``(n, k)``, and the rows' scales, ``(n,)``."""
    exact = dequantized(weight)
    scales = np.maximum(np.abs(exact).max(axis=1), np.finfo(np.float32).tiny) / 127
    return np.rint(exact / scales[:, np.newaxis]).astype(np.int8), scales.astype(np.float32)


def dequantized(weight: Weight) -> FloatArray:
    """Returns the matrix ``(n, k) float32`` that a weight stands for."""
    if not isinstance(weight, QuantizedWeight):
        return weight
    blocks = weight.blocks
    if weight.bits == 4:  # noqa: PLR2004 - the only other width is 8
        blocks = np.stack([blocks & 15, blocks >> 4], axis=-1)
    values = blocks.reshape(*weight.scales.shape, weight.block_size).astype(np.float32) - (1 << weight.bits - 1)
    exact: FloatArray = (values * weight.scales[:, :, np.newaxis]).reshape(weight.shape)
    return exact


class _Graph:
    """Collects nodes and constants; a node has the name of its only output."""

    def __init__(self, weights: Mapping[str, Weight], *, quantized: bool, by_rows: bool = False) -> None:
        self._weights = weights
        self._quantized = quantized
        self._by_rows = by_rows
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def node(self, kind: str, inputs: list[str], output: str, *, domain: str = "", **attributes: float) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self._constants[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def embeddings(self, *, token_types: bool = False) -> str:
        first, second = self._dense("embeddings.token_type_embeddings.weight")[:2]
        positions = self.constant("positions", self._dense("embeddings.position_embeddings.weight") + first)
        zero = self.constant("zero", np.array([0], np.int64))
        length = self.node("Shape", ["input_ids"], "length", start=1, end=2)
        word = self._words(self._weights["embeddings.word_embeddings.weight"])
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

    def normalise(self, vectors: str) -> None:
        self.node("LpNormalization", [vectors], "sentence_embedding", axis=-1, p=2)

    def first(self, hidden: str) -> str:
        return self.node("Gather", [hidden, self.constant("first", np.array(0, np.int64))], "first_token", axis=1)

    def total(self, hidden: str) -> str:
        mask = self.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
        axis = self.constant("axis", np.array([1], np.int64))
        # The L2 norm removes the length, so the sum over the tokens serves as their mean.
        row = self.node("Unsqueeze", [mask, axis], "mask_row")
        return self.node("Squeeze", [self.node("MatMul", [row, hidden], "total_row"), axis], "total")

    def classify(self, hidden: str) -> None:
        pooled = self.node("Tanh", [self._linear(self.first(hidden), "pooler.dense")], "pooled")
        weight = self.constant("classifier.weight", self._dense("classifier.weight").T)
        product = self.node("MatMul", [pooled, weight], "classified")
        self.node("Add", [product, self.constant("classifier.bias", self._dense("classifier.bias"))], "logits")

    def model(self, name: str, *, inputs: Sequence[str], outputs: Mapping[str, Sequence[str | int]]) -> onnx.ModelProto:
        taken = [helper.make_tensor_value_info(key, TensorProto.INT64, ["batch", "sequence"]) for key in inputs]
        given = [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()]
        graph = helper.make_graph(self._nodes, name, taken, given, list(self._constants.values()))
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def _dense(self, name: str) -> FloatArray:
        weight = self._weights[name]
        if isinstance(weight, QuantizedWeight):
            raise TypeError(f"{name} cannot be quantised")
        return weight

    def _words(self, weight: Weight) -> str:
        if not isinstance(weight, QuantizedWeight):
            return self.node("Gather", [self.constant("words", weight), "input_ids"], "word")
        blocks = self.constant("words", weight.blocks.reshape(weight.blocks.shape[0], -1))
        inputs = [blocks, "input_ids", self.constant("words.scales", weight.scales)]
        attributes = {"bits": weight.bits, "block_size": weight.block_size, "gather_axis": 0, "quantize_axis": 1}
        return self.node("GatherBlockQuantized", inputs, "word", domain=_CONTRIB, **attributes)

    def _attention(self, hidden: str, mask: str, name: str) -> str:
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        weight = _joined([self._weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self._dense(f"{part}.bias") for part in parts])
        projected = self._affine(hidden, f"{name}.projected", weight, bias)
        split = helper.make_node("Split", [projected], parts, name=f"{name}.split", axis=-1, num_outputs=3)
        self._nodes.append(split)
        inputs = [*parts, "", mask]
        return self.node("MultiHeadAttention", inputs, f"{name}.attended", domain=_CONTRIB, num_heads=HEADS)

    def _residual(self, update: str, hidden: str, name: str, output: str) -> str:
        return self._normalise(self.node("Add", [update, hidden], f"{name}.sum"), name, output)

    def _normalise(self, hidden: str, name: str, output: str) -> str:
        scale = self.constant(f"{name}.weight", self._dense(f"{name}.weight"))
        shift = self.constant(f"{name}.bias", self._dense(f"{name}.bias"))
        return self.node("LayerNormalization", [hidden, scale, shift], output, axis=-1, epsilon=_EPSILON)

    def _linear(self, hidden: str, name: str) -> str:
        return self._affine(hidden, name, self._weights[f"{name}.weight"], self._dense(f"{name}.bias"))

    def _affine(self, hidden: str, name: str, weight: Weight, bias: FloatArray) -> str:
        """Adds ``hidden @ weight.T + bias``, with ``weight`` ``(outputs, inputs)``."""
        shift = self.constant(f"{name}.bias", bias)
        if self._by_rows:
            return self.node("Add", [self._integer_product(hidden, name, weight), shift], name)
        if not isinstance(weight, QuantizedWeight):
            if not self._quantized:
                product = self.node("MatMul", [hidden, self.constant(f"{name}.weight", weight.T)], f"{name}.product")
                return self.node("Add", [product, shift], name)
            weight = quantize_blocks(weight)
        inputs = [
            hidden,
            self.constant(f"{name}.weight", weight.blocks),
            self.constant(f"{name}.scales", weight.scales),
            "",  # zero points: the middle of the range everywhere
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
            bits=weight.bits,
            block_size=weight.block_size,
            accuracy_level=4,
        )

    def _integer_product(self, hidden: str, name: str, weight: Weight) -> str:
        """Returns ``hidden @ weight.T`` in 8-bit integers, with a scale for each token and each output."""
        values, scales = quantize_rows(weight)
        whole = f"{hidden}.int8"
        one, middle = self.constant("one", np.array(1, np.float32)), self.constant("middle", np.array(128, np.uint8))
        last, step = (
            self.constant("last", np.array([-1], np.int64)),
            self.constant("step", np.array(1 / 127, np.float32)),
        )
        largest = self.node("ReduceMax", [self.node("Abs", [hidden], f"{whole}.abs"), last], f"{whole}.max")
        scale = self.node("Mul", [largest, step], f"{whole}.scale")
        self.node("QuantizeLinear", [self.node("Div", [hidden, scale], f"{whole}.steps"), one, middle], whole)
        inputs = [
            whole,
            self.constant(f"{name}.weight", values.T),
            one,
            self.constant(f"{name}.scales", scales),
            middle,
        ]
        product = self.node("MatMulIntegerToFloat", inputs, f"{name}.steps", domain=_CONTRIB)
        return self.node("Mul", [product, scale], f"{name}.product")


def _joined(weights: Sequence[Weight]) -> Weight:
    """Stacks matrices of the same kind along their outputs."""
    quantized = [weight for weight in weights if isinstance(weight, QuantizedWeight)]
    if not quantized:
        return np.concatenate([weight for weight in weights if not isinstance(weight, QuantizedWeight)])
    return replace(
        quantized[0],
        blocks=np.concatenate([weight.blocks for weight in quantized]),
        scales=np.concatenate([weight.scales for weight in quantized]),
    )
