"""Builds a pipeline in memory, with scripted or failing parts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from rag.answering.abstention import AbstentionGate
from rag.answering.cache import AnswerCache
from rag.answering.compression import SentenceCompressor
from rag.answering.pipeline import Pipeline, Stages
from rag.answering.service import AnswerService, Arms, CachedPipeline, StateOf, Treatment
from rag.answers import (
    Answer,
    AnswerEvent,
    Condensed,
    Degradation,
    GenerationEvent,
    GenerationRequest,
    Question,
    Turn,
    WrittenBy,
)
from rag.composition.composer import Composer, Planner
from rag.composition.facts import FactPlanner
from rag.errors import GeneratorError, RerankerError
from rag.generation.extractive import ExtractiveGenerator
from rag.generation.follow_up import LexicalCondenser
from rag.guard.guard import Guard
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.rerankers.model_free import FusedOrder
from rag.retrieval.search import HybridSearch, Visible
from rag.retrieval.second_round import SecondRound
from rag.settings import LimitSettings, RetrievalSettings, Settings
from rag.stages import Condenser, Generator, Reranker
from rag.telemetry.recorder import Observer
from rag.types import Candidates, Chunk, EncodedChunk, Hit, IndexQuery, Scope
from rag.verification.checker import EncoderLikeness, SupportChecker
from tests.support.builders.chunks import chunk
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.fakes.memory_index import MemoryIndex

SCOPE = Scope(tenant="acme", collection="manuals")
SERVICE = "The pump must be serviced every 6,000 hours."
PUMP = chunk(SERVICE, version_id="pump", document_id="d-pump", title="Pump manual", page=3)
LEAVE = chunk("Parental leave lasts twelve weeks.", version_id="leave", document_id="d-leave", title="Leave")
CAT = chunk("My neighbour's cat sleeps on the roof.", version_id="cat", document_id="d-cat", title="Cat")
ASKED = "How often must the pump be serviced?"


class WordTokenizer:
    """Counts a word as a token."""

    def count(self, text: str) -> int:
        return len(text.split())


class ScriptedGenerator:
    """Yields scripted events, then raises if scripted to. Records requests."""

    def __init__(self, *script: GenerationEvent, fails: bool = False) -> None:
        self._script = script
        self._fails = fails
        self.requests: list[GenerationRequest] = []

    @property
    def name(self) -> str:
        return "scripted"

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        assert request.question
        assert all(passage.kept for passage in request.passages)
        self.requests.append(request)
        yield WrittenBy(generator=self.name, prompt="script-v1")
        for event in self._script:
            yield event
        if self._fails:
            raise GeneratorError(self.name, "the server went away")


class ScriptedCondenser:
    """Replaces every question by a scripted, degraded one. Records questions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.asked: list[Question] = []

    async def condense(self, question: Question) -> Condensed:
        self.asked.append(question)
        return Condensed(text=self._text, degraded=Degradation(stage="condense", reason="The model slept."))


class ReversingReranker:
    """Reverses the order."""

    @property
    def name(self) -> str:
        return "reversing"

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        assert question
        return tuple(reversed(hits))


class FailingReranker(ReversingReranker):
    """Fails on every question."""

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        raise RerankerError(f"cannot read {len(hits)} passages beside a question of {len(question)} characters")


class RecordingIndex(MemoryIndex):
    """Records queries."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[IndexQuery] = []

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        self.queries.append(query)
        return await super().search(scope, query)


async def index_of(*chunks: Chunk, scope: Scope = SCOPE) -> RecordingIndex:
    index = RecordingIndex()
    vectors = HashEncoder().encode([chunk.indexed_text for chunk in chunks])
    encoded = [EncodedChunk(chunk=chunk, vector=vector) for chunk, vector in zip(chunks, vectors, strict=True)]
    await index.upsert(scope, encoded)
    return index


def pipeline_over(  # noqa: PLR0913 - any part of a pipeline may be another
    index: MemoryIndex,
    *,
    encoder: HashEncoder | None = None,
    reranker: Reranker | None = None,
    generator: Generator | None = None,
    condenser: Condenser | None = None,
    hidden: frozenset[str] = frozenset(),
    visible: Visible | None = None,
    threshold: float = 0.0,
    settings: Settings | None = None,
    planners: Sequence[Planner] = (),
    guard: Guard | None = None,
) -> Pipeline:
    """Returns a pipeline that by default quotes and never abstains; ``hidden`` versions are invisible."""
    chosen_encoder = encoder or HashEncoder()
    scorer = EvidenceScorer(chosen_encoder)
    composer = Composer([*planners, FactPlanner(max_sentences=3)], scorer=scorer)
    extractive = ExtractiveGenerator(composer)
    settings = settings or settings_for()
    search = HybridSearch(
        encoder=chosen_encoder,
        index=index,
        visible=visible or (lambda _, versions: versions - hidden),
        reranker=reranker or FusedOrder(),
        second_round=SecondRound(scorer),
        settings=settings,
    )
    stages = Stages(
        search=search,
        gate=AbstentionGate(scorer=scorer, threshold=threshold),
        compressor=SentenceCompressor(scorer=scorer, tokenizer=WordTokenizer(), budget_tokens=60),
        generator=generator or extractive,
        fallback=extractive,
        composer=composer,
        checker=SupportChecker(EncoderLikeness(chosen_encoder)),
        scorer=scorer,
        tokenizer=WordTokenizer(),
        guard=guard or Guard(settings.guard),
        condenser=condenser or LexicalCondenser(),
    )
    return Pipeline(stages, settings)


def cached(pipeline: Pipeline) -> CachedPipeline:
    """Returns the pipeline with a cache that has room for every answer of a test."""
    return CachedPipeline(pipeline=pipeline, cache=AnswerCache(capacity_bytes=1_000_000, max_age_seconds=3_600))


def answer_service(
    control: Pipeline | CachedPipeline,
    *,
    treatment: Treatment | None = None,
    visible: Visible = lambda _, versions: versions,
    state_of: StateOf = lambda _: "",
    observers: Sequence[Observer] = (),
) -> AnswerService:
    """Returns a service over the pipeline; without a cache unless it has one."""
    arm = control if isinstance(control, CachedPipeline) else CachedPipeline(pipeline=control)
    return AnswerService(
        Arms(control=arm, treatment=treatment),
        visible=visible,
        state_of=state_of,
        question_characters=200,
        observers=observers,
    )


def settings_for(
    *,
    candidates: int = 4,
    limit: int = 3,
    question_characters: int = 200,
    history_turns: int = 4,
    second_round: bool = False,
) -> Settings:
    return Settings(
        retrieval=RetrievalSettings(candidates=candidates, limit=limit, second_round=second_round),
        limits=LimitSettings(question_characters=question_characters, history_turns=history_turns),
    )


def question(text: str = ASKED, *, scope: Scope = SCOPE, history: tuple[Turn, ...] = ()) -> Question:
    return Question(text=text, scope=scope, history=history)


async def events_of(pipeline: Pipeline, asked: Question) -> list[AnswerEvent]:
    return [event async for event in pipeline.answer(asked)]


async def answer_of(pipeline: Pipeline, asked: Question) -> Answer:
    last = (await events_of(pipeline, asked))[-1]
    assert isinstance(last, Answer)
    return last
