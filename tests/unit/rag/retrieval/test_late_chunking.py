from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.retrieval.late_chunking import encode_chunks
from rag.retrieval.units import sentence_spans
from rag.types import FloatArray, Span
from tests.support.builders.passages import make_hit
from tests.support.fakes.hash_encoder import HashEncoder

PUMP = "The pump leaks.\n\n# Stop it\npumpctl stop --now\n\nCall us."


class PassagesOnly(HashEncoder):
    """An encoder that gives no vectors of sentences."""

    def encode_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[FloatArray, tuple[FloatArray, ...]]:
        del sentences
        return self.encode(texts), ()


def test_each_sentence_is_read_at_its_place_behind_title_and_headings() -> None:
    encoder = HashEncoder()
    chunk = make_hit(PUMP, title="Manual", headings=("Repairs",), start=100).chunk
    [encoded] = encode_chunks(encoder, [chunk])
    assert encoded.sentences is not None
    assert encoded.sentences.spans == sentence_spans(chunk)
    assert encoder.encoded == [chunk.indexed_text]
    assert encoder.sentences == ["The pump leaks.", "# Stop it", "Call us."]
    vectors = encoder.encode([chunk.indexed_text, *encoder.sentences])
    assert np.allclose(encoded.vector, vectors[0])
    wanted = vectors[1:] - 0.5 * vectors[0]
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert (encoded.sentences.vectors() * wanted).sum(axis=1).min() > 0.999


def test_an_encoder_may_give_passages_alone() -> None:
    [encoded] = encode_chunks(PassagesOnly(), [make_hit(PUMP).chunk])
    assert encoded.sentences is None


def test_no_chunks_give_none() -> None:
    assert encode_chunks(HashEncoder(), []) == []
