"""Builds the stages that the settings ask for: the one place that names their classes."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from rag.context.abstention import AbstentionGate
from rag.context.compression import SentenceCompressor, WholePassages
from rag.context.evidence import EvidenceScorer
from rag.context.second_round import SecondRound
from rag.context.sentence_reranker import SentenceReranker
from rag.generation.extractive import ExtractiveGenerator
from rag.generation.verification import EncoderLikeness, SupportChecker
from rag.pipeline import Pipeline, Stages
from rag.retrieval.caching_encoder import CachingEncoder
from rag.retrieval.cross_encoder_reranker import CrossEncoderReranker
from rag.retrieval.fused_order import FusedOrder
from rag.search import HybridSearch, Visible
from rag.settings import (
    EncoderBackend,
    EncoderSettings,
    GeneratorBackend,
    IndexBackend,
    ModelSettings,
    RerankerBackend,
    RerankerSettings,
    Settings,
)
from rag.stages import ChunkIndex, Compressor, Encoder, Generator, Reranker, Tokenizer
from rag.tokenization import WordPieceTokenizer

_CACHED_VECTORS = 8_192


def build_encoder(settings: EncoderSettings, models: ModelSettings) -> Encoder:
    """Returns the encoder, loaded.

    Raises:
        ModelError: the model cannot be loaded.
    """
    if settings.backend is EncoderBackend.SENTENCE_TRANSFORMERS:
        from rag.retrieval.sentence_encoder import SentenceTransformerEncoder

        return SentenceTransformerEncoder(
            settings.model,
            revision=settings.revision,
            device=settings.device,
            batch_size=settings.batch_size,
            question_prefix=settings.question_prefix,
            passage_prefix=settings.passage_prefix,
        )
    from rag.retrieval.onnx_encoder import OnnxEncoder
    from rag.retrieval.onnx_export import prepare_minilm

    return OnnxEncoder(prepare_minilm(models.cache_folder), threads=settings.threads)


def in_background(encoder: Encoder) -> Encoder:
    """Returns the encoder for taking documents in: it gives way to searches where it can, and needs no more memory."""
    from rag.retrieval.onnx_encoder import OnnxEncoder

    return encoder.in_background() if isinstance(encoder, OnnxEncoder) else encoder


def build_index(settings: Settings, encoder: Encoder, *, generation: int = 1) -> ChunkIndex:
    """Returns the index of a generation, open. Blocks while a large one is read from disk.

    Raises:
        ConfigurationError: the index was made with another encoder.
        IndexUnavailableError: it is damaged or does not answer.
    """
    if settings.index.backend is IndexBackend.QDRANT:
        from rag.retrieval.qdrant_index import QdrantIndex

        chosen = settings.index
        return QdrantIndex.connect(
            url=chosen.url,
            api_key=chosen.api_key.get_secret_value() if chosen.api_key else None,
            timeout_seconds=chosen.timeout_seconds,
            collection=_index_name(chosen.name, generation),
            dimensions=encoder.dimensions,
            encoder_name=encoder.name,
        )
    from rag.retrieval.edge_index import EdgeIndex

    folder = index_folder(settings, generation)
    return EdgeIndex.open(folder, dimensions=encoder.dimensions, encoder_name=encoder.name)


async def remove_index(settings: Settings, generation: int) -> None:
    """Removes all there is of an index that is not open; one that there is not does no harm.

    Raises:
        IndexUnavailableError: the server does not answer.
    """
    chosen = settings.index
    if chosen.backend is IndexBackend.QDRANT:
        from rag.retrieval.qdrant_index import drop_collection

        await drop_collection(
            url=chosen.url,
            api_key=chosen.api_key.get_secret_value() if chosen.api_key else None,
            timeout_seconds=chosen.timeout_seconds,
            collection=_index_name(chosen.name, generation),
        )
    else:
        await asyncio.to_thread(shutil.rmtree, index_folder(settings, generation), ignore_errors=True)


def index_folder(settings: Settings, generation: int) -> Path:
    """Returns where the embedded index of a generation lies."""
    return settings.storage.folder / _index_name("index", generation)


def _index_name(base: str, generation: int) -> str:
    return base if generation == 1 else f"{base}-{generation}"


def build_reranker(settings: RerankerSettings, scorer: EvidenceScorer) -> Reranker:
    """Returns the reranker.

    Raises:
        ModelError: the model cannot be loaded.
    """
    match settings.backend:
        case RerankerBackend.BEST_SENTENCE:
            return SentenceReranker(scorer)
        case RerankerBackend.NONE:
            return FusedOrder()
        case RerankerBackend.SENTENCE_TRANSFORMERS:
            return load_cross_encoder(settings)


def load_cross_encoder(settings: RerankerSettings) -> Reranker:
    """Returns the cross-encoder that the settings name.

    Raises:
        ModelError: it cannot be loaded.
    """
    from rag.retrieval.sentence_cross_encoder import SentenceCrossEncoder

    return CrossEncoderReranker(
        SentenceCrossEncoder(settings.model, revision=settings.revision, device=settings.device),
        weight=settings.weight,
        budget_milliseconds=settings.budget_milliseconds,
    )


def build_tokenizer(encoder: Encoder) -> Tokenizer:
    """Returns what counts in the encoder's tokens."""
    return WordPieceTokenizer(encoder.tokenizer_file)


def build_search(settings: Settings, *, encoder: Encoder, index: ChunkIndex, visible: Visible) -> HybridSearch:
    """Returns the search over an index that is open; ``encoder`` is asked for the same texts again and again."""
    scorer = EvidenceScorer(encoder)
    return HybridSearch(
        encoder=encoder,
        index=index,
        visible=visible,
        reranker=build_reranker(settings.reranker, scorer),
        second_round=SecondRound(scorer),
        settings=settings,
    )


def build_pipeline(
    settings: Settings, *, encoder: Encoder, index: ChunkIndex, tokenizer: Tokenizer, visible: Visible
) -> Pipeline:
    """Returns the pipeline over an index and a catalogue that are open."""
    remembering = CachingEncoder(encoder, capacity=_CACHED_VECTORS)
    scorer = EvidenceScorer(remembering)
    extractive = ExtractiveGenerator(scorer=scorer, max_sentences=settings.generation.max_sentences)
    stages = Stages(
        search=build_search(settings, encoder=remembering, index=index, visible=visible),
        gate=AbstentionGate(
            scorer=scorer, target_error=settings.abstention.target_error, threshold=settings.abstention.threshold
        ),
        compressor=_build_compressor(settings, scorer, tokenizer),
        generator=_build_generator(settings, extractive),
        fallback=extractive,
        checker=SupportChecker(EncoderLikeness(remembering)),
    )
    return Pipeline(stages, settings, drop_caches=remembering.clear)


def _build_compressor(settings: Settings, scorer: EvidenceScorer, tokenizer: Tokenizer) -> Compressor:
    budget = settings.compression.budget_tokens
    if settings.compression.enabled:
        return SentenceCompressor(scorer=scorer, tokenizer=tokenizer, budget_tokens=budget)
    return WholePassages(tokenizer=tokenizer, budget_tokens=budget)


def _build_generator(settings: Settings, extractive: Generator) -> Generator:
    chosen = settings.generation
    if chosen.backend is GeneratorBackend.EXTRACTIVE:
        return extractive
    from rag.generation.prompts import Prompt
    from rag.generation.vllm_client import VllmGenerator, connect

    key = chosen.api_key.get_secret_value() if chosen.api_key else None
    return VllmGenerator(
        client=connect(url=chosen.url, api_key=key, timeout_seconds=chosen.timeout_seconds),
        model=chosen.model,
        prompt=Prompt(chosen.prompt),
        max_tokens=chosen.max_tokens,
        temperature=chosen.temperature,
    )
