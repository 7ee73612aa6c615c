"""Settings of what is done before an answer is written: encoder, retrieval, reranking, compression, abstention."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from rag.models.calibrations import Fusion, FusionMethod
from rag.settings.base import Section
from rag.settings.choices import EncoderBackend, RerankerBackend


class EncoderSettings(Section):
    backend: EncoderBackend = Field(
        default=EncoderBackend.ONNX,
        description="Library that runs the encoder: onnx needs nothing else installed, sentence_transformers runs any "
        "model of the hub and needs 'citewell[transformers]'. Change it together with encoder.model.",
    )
    model: str = Field(
        default="multilingual-e5-small",
        description="Encoder that turns passages and questions into vectors: a name on the hub, or a folder. After a "
        "change run 'citewell reindex', for an index keeps the encoder that it was built with.",
    )
    revision: str | None = Field(
        default=None,
        description="Commit of the encoder on the hub, so that a later upload there changes nothing here. Read by "
        "sentence_transformers only.",
        examples=["5617a9f61b028005a4858fdac845db406aefb181"],
    )
    question_prefix: str = Field(
        default="",
        description="Text that the encoder expects before every question, as its model card says. Read by "
        "sentence_transformers only.",
    )
    passage_prefix: str = Field(
        default="",
        description="Text that the encoder expects before every passage, as its model card says. Read by "
        "sentence_transformers only.",
    )
    device: str = Field(
        default="cpu", description="Device that the encoder runs on, for example cuda. Read by sentence_transformers."
    )
    batch_size: int = Field(
        default=32,
        ge=1,
        description="Passages that are encoded together. Raise it on a GPU, lower it where memory is short.",
    )
    threads: int = Field(
        default=0,
        ge=0,
        description="Processor threads of encoder and reranker; 0 takes as many as there are cores. Lower it where "
        "other programs share the machine.",
    )
    allowed_models: tuple[str, ...] = Field(
        default=(),
        description="Further encoders that clients may have an index built with, as names or folders. Always allowed "
        "are encoder.model, the models of the profiles and the trained encoder in use.",
    )


class FusionSettings(Section):
    method: FusionMethod | None = Field(
        default=None,
        description="Way to join the results of dense and BM25 retrieval: rrf adds reciprocal ranks, the others add "
        "scaled scores. Without it, the encoder's own. Compare them on your documents with 'citewell eval fusion'.",
        examples=["calibrated"],
    )
    dense_weight: float | None = Field(
        default=None,
        ge=0,
        description="Weight of dense retrieval in the fused score; without it, the encoder's own. Raise it where "
        "questions rarely use the words of the documents.",
        examples=[1.5],
    )
    bm25_weight: float | None = Field(
        default=None,
        ge=0,
        description="Weight of BM25 retrieval in the fused score; without it, the encoder's own. Raise it where exact "
        "names, codes or numbers count.",
        examples=[1.0],
    )
    bm25_by_cover: bool | None = Field(
        default=None,
        description="Whether BM25 weighs less the fewer of the question's words its best passages hold; without it, "
        "the encoder's own. It helps an encoder that finds passages in other languages than the question's, where "
        "shared words are chance.",
        examples=[True],
    )
    dense_spread: float | None = Field(
        default=None,
        ge=0,
        description="Least standard deviation that the method calibrated assumes for the cosines of one search; "
        "without it, the encoder's own. Change it only after 'citewell eval fusion'.",
        examples=[0.05],
    )

    def over(self, calibrated: Fusion) -> Fusion:
        """Returns the encoder's fusion with what is set here in place of it."""
        return replace(calibrated, **self.model_dump(exclude_none=True))


class RetrievalSettings(Section):
    candidates: int = Field(
        default=50,
        ge=1,
        le=1_000,
        description="Chunks that each retriever returns before fusion. More find rarer passages and take longer.",
    )
    limit: int = Field(
        default=8,
        ge=1,
        le=100,
        description="Passages that an answer may draw on, where the client does not ask for another number.",
    )
    fusion: FusionSettings = FusionSettings()
    second_round: bool = Field(
        default=True,
        description="Whether to search once more with the best passage's sentence, which finds facts that are two "
        "steps away. Switch it off to save that search's time.",
    )
    per_document: int = Field(
        default=0,
        ge=0,
        description="Most passages of one document before those of other documents come first; 0 sets no limit.",
    )
    diversity: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of novelty against relevance when passages are chosen (maximal marginal relevance), from 0 "
        "to 1. Raise it where the best passages repeat each other.",
    )
    collections: dict[str, FusionSettings] = Field(
        default={},
        description="Fusion of single collections, by name, in place of retrieval.fusion and with the same keys.",
    )

    def fusion_of(self, collection: str) -> FusionSettings:
        """Returns the collection's own fusion, or the one for all."""
        return self.collections.get(collection, self.fusion)


class RerankerSettings(Section):
    backend: RerankerBackend = Field(
        default=RerankerBackend.BEST_SENTENCE,
        description="Way to order the passages found: best_sentence uses the encoder, onnx and sentence_transformers "
        "run a cross-encoder, which is slower, and none keeps the fused order.",
    )
    model: str = Field(
        default="cross-encoder/ms-marco-MiniLM-L6-v2",
        description="Cross-encoder that reranks: for sentence_transformers a name on the hub or a folder, for onnx "
        "ms-marco-MiniLM-L-12-v2, which is for English, or a folder that 'citewell train reranker' wrote.",
    )
    revision: str | None = Field(
        default=None,
        description="Commit of the cross-encoder on the hub, so that a later upload there changes nothing here.",
        examples=["953dc6f6f85a1b2dbfca4c34a2796e7dde08d41e"],
    )
    device: str = Field(
        default="cpu",
        description="Device that the cross-encoder runs on, for example cuda. Read by sentence_transformers.",
    )
    candidates: int = Field(
        default=12,
        ge=1,
        le=200,
        description="Best passages of the fusion that are reranked; the others keep their order behind them.",
    )
    weight: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Share of the cross-encoder in the score, from 0 to 1; best_sentence has the rest. Without it an "
        "onnx model uses the share that it was calibrated for, any other model 1.",
        examples=[0.5],
    )
    reads: int | None = Field(
        default=None,
        ge=1,
        le=200,
        description="Passages that a cross-encoder reads for a question at most. Without it ms-marco-MiniLM-L-12-v2 "
        "reads 4, any other model all candidates.",
        examples=[4],
    )
    open_margin: float | None = Field(
        default=None,
        ge=0,
        description="Largest difference between the scores of the first two passages, each up to 2, at which a "
        "cross-encoder is asked. Without it that is 0.3 for ms-marco-MiniLM-L-12-v2; any other model is always asked.",
        examples=[0.3],
    )
    budget_milliseconds: float = Field(
        default=150.0,
        gt=0,
        description="Milliseconds that a cross-encoder may take for a question; passages that it did not read by then "
        "keep their order. Raise it on slow machines with a large cross-encoder.",
    )
    collections: dict[str, str] = Field(
        default={},
        description="Cross-encoders of single collections: folders that 'citewell train reranker' wrote, by the "
        "collection's name. An empty folder name switches a promoted one off.",
    )


class CompressionSettings(Section):
    enabled: bool = Field(
        default=True,
        description="Whether passages are cut to the sentences that speak to the question before a model reads them. "
        "Without it, whole passages fill the same budget.",
    )
    budget_tokens: int = Field(
        default=380,
        ge=50,
        description="Tokens of the encoder that all passages of a question may fill. More cost a model more time and "
        "money, fewer lose evidence.",
    )


class AbstentionSettings(Section):
    threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Least confidence, from 0 to 1, at which a question is answered. Without it, the threshold follows "
        "from abstention.target_error.",
        examples=[0.5],
    )
    target_error: float = Field(
        default=0.35,
        gt=0,
        lt=1,
        description="Share of answers that may rest on passages which do not answer, where half of the questions have "
        "no answer. Lower it for fewer wrong answers and more refusals.",
    )
