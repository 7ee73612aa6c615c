"""Builds the stages that the settings ask for. No other module names their classes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from rag.answering.abstention import AbstentionGate
from rag.answering.cache import AnswerCache
from rag.answering.compression import SentenceCompressor, WholePassages
from rag.answering.experiment import Experiment, treatment_settings
from rag.answering.pipeline import Pipeline, Stages
from rag.answering.service import AnswerService, Arms, CachedPipeline, StateOf, Treatment
from rag.composition.about.planner import AboutPlanner
from rag.composition.comparisons.planner import ComparisonPlanner
from rag.composition.composer import Composer, Planner
from rag.composition.contradiction import ContradictionPlanner
from rag.composition.definition import DefinitionPlanner
from rag.composition.facts import FactPlanner
from rag.composition.greeting import GreetingPlanner
from rag.composition.lists.listing import ListPlanner
from rag.composition.lists.release import ReleasePlanner
from rag.composition.summaries.planner import SummaryPlanner
from rag.composition.tables.duckdb_engine import TableEngine
from rag.composition.tables.look_up import TablePlanner
from rag.errors import ConfigurationError
from rag.generation.endpoints.connected import SharedServers
from rag.generation.endpoints.router import RoutingGenerator
from rag.generation.extractive import ExtractiveGenerator
from rag.generation.follow_up import LexicalCondenser
from rag.guard.guard import Guard
from rag.guard.personal.masking import Policy
from rag.models.pair_form import PairForm
from rag.models.trained import ModelKind, TrainedModels
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.rerankers.cross_encoder import WINDOW_WORDS, CrossEncoderReranker, PairScorer
from rag.retrieval.rerankers.model_free import FusedOrder, SentenceReranker
from rag.retrieval.search import HybridSearch, Visible
from rag.retrieval.second_round import SecondRound
from rag.settings import (
    CondenseMethod,
    EncoderBackend,
    EncoderSettings,
    GenerationSettings,
    GeneratorBackend,
    IndexBackend,
    ModelSettings,
    RerankerBackend,
    Settings,
    TrialMode,
)
from rag.stages import (
    ChunkIndex,
    Compressor,
    Condenser,
    DocumentTexts,
    Encoder,
    Generator,
    Library,
    Reranker,
    Tokenizer,
)
from rag.telemetry.recorder import Observer
from rag.text.tokens import EncoderTokens
from rag.verification.checker import EncoderLikeness, SupportChecker

_ANSWER_AGE_SECONDS = 3_600.0  # an answer is kept no longer
_CACHED_VECTORS = 8_192


def build_encoder(settings: EncoderSettings, models: ModelSettings) -> Encoder:
    """Returns the encoder, loaded.

    Raises:
        ModelError: the model cannot be loaded.
    """
    if settings.backend is EncoderBackend.SENTENCE_TRANSFORMERS:
        from rag.retrieval.encoders.sentence_transformers import SentenceTransformerEncoder

        return SentenceTransformerEncoder(
            settings.model,
            revision=settings.revision,
            device=settings.device,
            batch_size=settings.batch_size,
            question_prefix=settings.question_prefix,
            passage_prefix=settings.passage_prefix,
        )
    from rag.models.installed import INSTALLED, model_folder
    from rag.retrieval.encoders.onnx import OnnxEncoder

    return OnnxEncoder(model_folder(settings.model, INSTALLED, models.cache_folder), threads=settings.threads)


def in_background(encoder: Encoder) -> Encoder:
    """Returns the encoder for indexing: the same model, which lets searches go first where it can."""
    from rag.retrieval.encoders.onnx import OnnxEncoder

    return encoder.in_background() if isinstance(encoder, OnnxEncoder) else encoder


def build_index(settings: Settings, encoder: Encoder, *, generation: int = 1) -> ChunkIndex:
    """Returns the index of a generation, open. Blocks while a large one is read from disk.

    Raises:
        ConfigurationError: the index was made with another encoder.
        IndexUnavailableError: it is damaged or does not answer.
    """
    if settings.index.backend is IndexBackend.QDRANT:
        from rag.retrieval.qdrant.server_index import QdrantIndex

        chosen = settings.index
        return QdrantIndex.connect(
            url=chosen.url,
            api_key=chosen.api_key.get_secret_value() if chosen.api_key else None,
            timeout_seconds=chosen.timeout_seconds,
            collection=_index_name(chosen.name, generation),
            dimensions=encoder.dimensions,
            encoder_name=encoder.name,
        )
    from rag.retrieval.qdrant.edge_index import EdgeIndex

    folder = index_folder(settings, generation)
    return EdgeIndex.open(folder, dimensions=encoder.dimensions, encoder_name=encoder.name)


async def remove_index(settings: Settings, generation: int) -> None:
    """Removes an index that is not open; does nothing if there is none.

    Raises:
        IndexUnavailableError: the server does not answer.
    """
    chosen = settings.index
    if chosen.backend is IndexBackend.QDRANT:
        from rag.retrieval.qdrant.server_index import drop_collection

        await drop_collection(
            url=chosen.url,
            api_key=chosen.api_key.get_secret_value() if chosen.api_key else None,
            timeout_seconds=chosen.timeout_seconds,
            collection=_index_name(chosen.name, generation),
        )
    else:
        await asyncio.to_thread(shutil.rmtree, index_folder(settings, generation), ignore_errors=True)


def index_folder(settings: Settings, generation: int) -> Path:
    """Returns the folder of a generation's embedded index."""
    return settings.storage.folder / _index_name("index", generation)


def _index_name(base: str, generation: int) -> str:
    return base if generation == 1 else f"{base}-{generation}"


def build_reranker(settings: Settings, scorer: EvidenceScorer) -> Reranker:
    """Returns the reranker for collections without their own.

    Raises:
        ModelError: the model cannot be loaded.
    """
    match settings.reranker.backend:
        case RerankerBackend.BEST_SENTENCE:
            return SentenceReranker(scorer)
        case RerankerBackend.NONE:
            return FusedOrder()
        case RerankerBackend.ONNX:
            from rag.models.installed import INSTALLED_RERANKERS, model_folder

            folder = model_folder(settings.reranker.model, INSTALLED_RERANKERS, settings.models.cache_folder)
            return _onnx_cross_encoder(folder, settings, scorer)
        case RerankerBackend.SENTENCE_TRANSFORMERS:
            return load_cross_encoder(settings)


def load_cross_encoder(settings: Settings) -> Reranker:
    """Returns the cross-encoder that the settings name, from the hub or a folder. It reads whole chunks.

    Raises:
        ModelError: the model cannot be loaded.
    """
    from rag.retrieval.rerankers.sentence_transformers import SentenceCrossEncoder

    chosen = settings.reranker
    model = SentenceCrossEncoder(chosen.model, revision=chosen.revision, device=chosen.device)
    return _reading(model, settings, first=FusedOrder(), form=PairForm(), window_words=0)


def _onnx_cross_encoder(folder: Path, settings: Settings, scorer: EvidenceScorer) -> Reranker:
    from rag.retrieval.rerankers.onnx import OnnxCrossEncoder

    model = OnnxCrossEncoder(folder)
    return _reading(model, settings, first=SentenceReranker(scorer), form=model.form, window_words=WINDOW_WORDS)


def _reading(
    model: PairScorer, settings: Settings, *, first: Reranker, form: PairForm, window_words: int
) -> CrossEncoderReranker:
    chosen = settings.reranker
    asked = PairForm(
        weight=form.weight if chosen.weight is None else chosen.weight,
        temperature=form.temperature,
        reads=form.reads if chosen.reads is None else chosen.reads,
        open_margin=form.open_margin if chosen.open_margin is None else chosen.open_margin,
        is_english=form.is_english,
    )
    return CrossEncoderReranker(
        model,
        first=first,
        form=asked,
        places=settings.retrieval.limit,
        window_words=window_words,
        budget_milliseconds=settings.reranker.budget_milliseconds,
    )


def _collection_rerankers(settings: Settings, scorer: EvidenceScorer) -> Mapping[str, Reranker]:
    """Returns the rerankers of collections that have their own: the settings' one, else the one promoted."""
    promoted = TrainedModels(settings.storage.folder).promoted(ModelKind.RERANKER)
    chosen = {name: str(folder) for name, folder in promoted.items()} | settings.reranker.collections
    return {name: _onnx_cross_encoder(Path(folder), settings, scorer) for name, folder in chosen.items() if folder}


def build_tokenizer(encoder: Encoder) -> Tokenizer:
    """Returns the tokenizer of the encoder."""
    return EncoderTokens(encoder.tokenizer_file)


def build_search(
    settings: Settings,
    *,
    encoder: Encoder,
    index: ChunkIndex,
    visible: Visible,
    scorer: EvidenceScorer | None = None,
) -> HybridSearch:
    """Returns the search over an open index; ``encoder`` should cache, because it is given the same texts often.

    ``scorer`` is one that other stages share.
    """
    scorer = scorer or EvidenceScorer(encoder)
    return HybridSearch(
        encoder=encoder,
        index=index,
        visible=visible,
        reranker=build_reranker(settings, scorer),
        collection_rerankers=_collection_rerankers(settings, scorer),
        second_round=SecondRound(scorer),
        settings=settings,
    )


def build_guard(settings: Settings) -> Guard:
    """Returns the guard, which reads documents, questions, passages and answers."""

    def instructions() -> Sequence[str]:
        if settings.generation.backend is GeneratorBackend.EXTRACTIVE:
            return ()
        from rag.generation.prompts.data import system_messages

        return system_messages(settings.generation)

    return Guard(settings.guard, instructions=instructions)


def build_pipeline(
    settings: Settings,
    *,
    encoder: Encoder,
    index: ChunkIndex,
    tokenizer: Tokenizer,
    visible: Visible,
    servers: SharedServers | None = None,
    texts: DocumentTexts | None = None,
    library: Library | None = None,
) -> Pipeline:
    """Returns the pipeline over an open index and catalogue; without ``servers`` nothing counts as used today."""
    caching = CachingEncoder(encoder, capacity=_CACHED_VECTORS)
    scorer = EvidenceScorer(caching)
    planners: list[Planner] = [GreetingPlanner(), ReleasePlanner()]
    planners += [] if library is None else [AboutPlanner(library=library)]
    planners += [
        TablePlanner(TableEngine()),
        SummaryPlanner(library=library),
        ComparisonPlanner(),
        ContradictionPlanner(),
    ]
    planners += [DefinitionPlanner(), ListPlanner(), FactPlanner(max_sentences=settings.generation.max_sentences)]
    composer = Composer(planners, scorer=scorer, texts=texts)
    extractive = ExtractiveGenerator(composer)
    router = _build_router(settings, extractive, servers or SharedServers())
    guard = build_guard(settings)
    stages = Stages(
        search=build_search(settings, encoder=caching, index=index, visible=visible, scorer=scorer),
        gate=AbstentionGate(
            scorer=scorer,
            target_error=settings.abstention.target_error,
            threshold=settings.abstention.threshold,
        ),
        compressor=_build_compressor(settings, scorer, tokenizer),
        generator=router or extractive,
        fallback=extractive,
        composer=composer,
        checker=SupportChecker(EncoderLikeness(caching)),
        scorer=scorer,
        tokenizer=tokenizer,
        condenser=_build_condenser(settings.generation),
        guard=guard,
        health_checked=router.health_checked if router else nullcontext,
        model_servers=router.states if router else tuple,
    )
    caches = {"questions": caching.question_counts, "passages": caching.passage_counts}

    def drop_caches() -> None:
        caching.clear()
        scorer.forget()
        guard.forget()
        if texts is not None:
            texts.clear()

    return Pipeline(stages, settings, drop_caches=drop_caches, caches=caches)


def build_arms(
    settings: Settings,
    *,
    encoder: Encoder,
    index: ChunkIndex,
    tokenizer: Tokenizer,
    visible: Visible,
    servers: SharedServers | None = None,
    texts: DocumentTexts | None = None,
    library: Library | None = None,
) -> Arms:
    """Returns the configuration that the settings describe and, where an experiment runs, the treatment.

    Raises:
        ConfigurationError: the experiment's settings are wrong.
    """

    def build(changed: Settings) -> CachedPipeline:
        pipeline = build_pipeline(
            changed,
            encoder=encoder,
            index=index,
            tokenizer=tokenizer,
            visible=visible,
            servers=servers,
            texts=texts,
            library=library,
        )
        return CachedPipeline(pipeline=pipeline, cache=_build_cache(changed))

    experiment = Experiment.of(settings.experiment)
    if experiment is None:
        return Arms(control=build(settings))
    treatment = Treatment(
        cached=build(treatment_settings(settings)),
        experiment=experiment,
        shadow=settings.experiment.mode is TrialMode.SHADOW,
    )
    return Arms(control=build(settings), treatment=treatment)


def build_answer_service(
    settings: Settings, arms: Arms, *, visible: Visible, state_of: StateOf, observers: Sequence[Observer]
) -> AnswerService:
    """Returns the service that answers with the arms, and tells the observers."""
    return AnswerService(
        arms,
        visible=visible,
        state_of=state_of,
        question_characters=settings.limits.question_characters,
        observers=observers,
        personal_data=Policy.of(settings.personal_data.answers),
    )


def _build_cache(settings: Settings) -> AnswerCache | None:
    if not settings.cache.answers:
        return None
    return AnswerCache(capacity_bytes=settings.cache.answer_bytes, max_age_seconds=_ANSWER_AGE_SECONDS)


def _build_compressor(settings: Settings, scorer: EvidenceScorer, tokenizer: Tokenizer) -> Compressor:
    budget = settings.compression.budget_tokens
    if settings.compression.enabled:
        return SentenceCompressor(scorer=scorer, tokenizer=tokenizer, budget_tokens=budget)
    return WholePassages(tokenizer=tokenizer, budget_tokens=budget)


def _build_router(settings: Settings, extractive: Generator, servers: SharedServers) -> RoutingGenerator | None:
    """Returns the router over the model servers; None where the settings want none."""
    if settings.generation.backend is GeneratorBackend.EXTRACTIVE:
        return None
    from rag.generation.model_servers.factory import build_router

    return build_router(settings, last=extractive, ledger=servers.ledger, connected=servers.connected)


def _build_condenser(chosen: GenerationSettings) -> Condenser:
    """Returns the condenser: the first endpoint's model, or words alone."""
    if chosen.condense is CondenseMethod.LEXICAL:
        return LexicalCondenser()
    if chosen.backend is GeneratorBackend.EXTRACTIVE:
        raise ConfigurationError(
            "CITEWELL_GENERATION__CONDENSE=model needs a model. Set CITEWELL_GENERATION__BACKEND=vllm and its URL, "
            "or leave it at lexical."
        )
    from rag.generation.model_servers.factory import build_condenser

    return build_condenser(chosen)
