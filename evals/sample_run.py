"""Measures the whole service on the sample documents: the right passage, the gold fact, the right silence."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from evals.answer_match import folded, states
from evals.datasets.sample_questions import GoldPassage, SampleQuestion, read_questions
from evals.retrieval_metrics import percentile
from ingest.service import Service, running_service
from rag.answers import Answer, Question
from rag.catalog.records import Failure
from rag.errors import ConfigurationError
from rag.settings import Settings
from rag.types import Hit, Scope

SAMPLE_FOLDER = Path(__file__).parent / "datasets" / "sample"
EVERYDAY = SAMPLE_FOLDER / "questions.jsonl"
CHALLENGE = SAMPLE_FOLDER / "challenge.jsonl"
_TOP = 5
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResult:
    """What became of one question."""

    question_id: str
    kind: str
    question: str
    answerable: bool
    passage_found: bool
    fact_found: bool
    abstained: bool
    all_supported: bool
    answer: str
    first_token_milliseconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport:
    """The figures the release rests on, and every question's result."""

    passages_in_top_5: float
    facts_in_answer: float
    right_abstentions: int
    unanswerable: int
    wrong_refusals: int
    answerable: int
    first_token_p95_milliseconds: float
    results: tuple[QuestionResult, ...]

    def to_json(self) -> dict[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self)


async def evaluate_sample(
    settings: Settings, *, questions_file: Path, on_progress: Callable[[str, int, int], None]
) -> SampleReport:
    """Takes the sample documents in, in a folder of its own, and asks every question through the whole pipeline."""
    questions = read_questions(questions_file)
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
        settings = settings.model_copy(update={"storage": settings.storage.model_copy(update={"folder": Path(folder)})})
        async with running_service(settings) as service:
            await _ingest(service, on_progress)
            results = []
            for number, question in enumerate(questions, start=1):
                results.append(await _ask(service, question))
                on_progress("asking", number, len(questions))
    return _report(results)


async def _ingest(service: Service, on_progress: Callable[[str, int, int], None]) -> None:
    files = sorted(path for path in (SAMPLE_FOLDER / "documents").iterdir() if path.is_file())
    scope = Scope(tenant=service.settings.tenant, collection="default")
    jobs = []
    for path in files:
        with path.open("rb") as content:
            jobs.append(service.intake.accept(content, name=path.name, scope=scope)[1])
    service.wake_worker()
    for number, job in enumerate(jobs, start=1):
        failure = await _finished(service, job.job_id)
        if failure is not None:
            raise ConfigurationError(f"A sample document was refused: {failure.detail}")
        on_progress("reading", number, len(jobs))


async def _finished(service: Service, job_id: str) -> Failure | None:
    while True:
        job = await asyncio.to_thread(service.storage.board.job, service.settings.tenant, job_id)
        if job.state.is_final:
            return job.failure
        await asyncio.sleep(_POLL_SECONDS)


async def _ask(service: Service, sample: SampleQuestion) -> QuestionResult:
    question = Question(
        text=sample.question,
        scope=Scope(tenant=service.settings.tenant, collection="default"),
        history=sample.turns,
    )
    hits = (await service.pipeline.search(question, limit=_TOP)).hits
    [answer] = [event async for event in service.pipeline.answer(question) if isinstance(event, Answer)]
    return QuestionResult(
        question_id=sample.id,
        kind=sample.kind,
        question=sample.question,
        answerable=sample.answerable,
        passage_found=all(_holds(hits, gold) for gold in sample.gold_passages),
        fact_found=all(any(states(answer.text, variant) for variant in group) for group in sample.gold_facts),
        abstained=answer.abstention is not None,
        all_supported=all(sentence.supported for sentence in answer.sentences),
        answer=answer.text,
        first_token_milliseconds=answer.receipt.first_token_milliseconds,
    )


def _holds(hits: tuple[Hit, ...], gold: GoldPassage) -> bool:
    """White space does not count: text recognition and layouts place it freely."""
    quote = folded(gold.quote).replace(" ", "")
    return any(hit.chunk.name == gold.document and quote in folded(hit.chunk.text).replace(" ", "") for hit in hits)


def _report(results: list[QuestionResult]) -> SampleReport:
    answerable = [result for result in results if result.answerable]
    unanswerable = [result for result in results if not result.answerable]
    first_tokens = [result.first_token_milliseconds for result in results if result.first_token_milliseconds]
    return SampleReport(
        passages_in_top_5=sum(result.passage_found for result in answerable) / len(answerable),
        facts_in_answer=sum(result.fact_found and not result.abstained for result in answerable) / len(answerable),
        right_abstentions=sum(result.abstained for result in unanswerable),
        unanswerable=len(unanswerable),
        wrong_refusals=sum(result.abstained for result in answerable),
        answerable=len(answerable),
        first_token_p95_milliseconds=percentile(first_tokens, 0.95) if first_tokens else 0.0,
        results=tuple(results),
    )
