"""Measures a model's answers with verification and without, and extractive answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random

from evals.datasets.gold import states_fact
from evals.datasets.indexed_corpus import SCOPE, indexed
from evals.datasets.readers.squad import SquadDataset, SquadQuestion
from rag.answering.pipeline import Pipeline
from rag.answers import Answer, Question
from rag.errors import ConfigurationError
from rag.factory import build_encoder, build_pipeline, build_tokenizer
from rag.retrieval.encoders.caching import CachingEncoder
from rag.settings import GeneratorBackend, OnUnsupported, Settings
from rag.terminal.output import print_table
from rag.text.facts import claimed, stated

_CACHED_VECTORS = 50_000
_SEED = 3
_WAYS = ("as written", "drop", "retry", "extractive")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """The sentences that a user sees, if any, for a question."""

    question: SquadQuestion
    sentences: tuple[str, ...]
    passages: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerQuality:
    """Shares of the questions: ``right`` answers contain the gold answer, ``wrong`` ones do not or there is none.

    ``invented_facts``: share of the numbers, dates and names shown that are in no passage.
    """

    right: float
    wrong: float
    silent: float
    facts: int
    invented_facts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationReport:
    """Answer quality by method."""

    generator: str
    questions: int
    ways: dict[str, AnswerQuality]

    def to_json(self) -> dict[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self)


async def evaluate_generation(
    dataset: SquadDataset,
    chosen: Callable[[str], bool],
    settings: Settings,
    *,
    questions: int,
    on_progress: Callable[[str, int, int], None],
) -> GenerationReport:
    """Asks each question once of the settings' model and once extractively; half of the questions have no answer.

    The answers of ``drop`` and, without a larger model, ``retry`` follow from the model's answer and its verification.

    Raises:
        ConfigurationError: the settings name no model.
    """
    if settings.generation.backend is not GeneratorBackend.VLLM:
        raise ConfigurationError("There is no model to measure: set CITEWELL_GENERATION__BACKEND and its endpoint.")
    encoder = CachingEncoder(build_encoder(settings.encoder, settings.models), capacity=_CACHED_VECTORS)
    seen: dict[str, list[ShownAnswer]] = {way: [] for way in _WAYS}
    generator = ""
    drawn = _draw([question for question in dataset.questions if chosen(question.article)], questions)
    async with indexed(dataset.passages(), settings, encoder, on_progress=on_progress) as index:

        def pipeline(**changes: object) -> Pipeline:
            return build_pipeline(
                settings.model_copy(update={"generation": settings.generation.model_copy(update=changes)}),
                encoder=encoder,
                index=index,
                tokenizer=build_tokenizer(encoder),
                visible=lambda _, versions: versions,
            )

        model = pipeline(on_unsupported=OnUnsupported.MARK)
        extractive = pipeline(backend=GeneratorBackend.EXTRACTIVE)
        for number, question in enumerate(drawn, start=1):
            written = await _answer(model, question)
            quoted = _seen(question, await _answer(extractive, question), checked=False)
            generator = written.receipt.generator
            as_written = _seen(question, written, checked=False)
            dropped = _seen(question, written, checked=True)
            shown = (as_written, dropped, as_written if as_written == dropped else quoted, quoted)
            for way, one in zip(_WAYS, shown, strict=True):
                seen[way].append(one)
            on_progress("asking", number, len(drawn))
    ways = {way: quality_of(shown) for way, shown in seen.items()}
    return GenerationReport(generator=generator, questions=len(drawn), ways=ways)


def quality_of(shown: Sequence[ShownAnswer]) -> AnswerQuality:
    right = sum(any(states_fact(" ".join(one.sentences), answer) for answer in one.question.answers) for one in shown)
    silent = sum(not one.sentences for one in shown)
    facts = invented = 0
    for one in shown:
        there = stated(one.passages)
        for sentence in one.sentences:
            says = claimed(sentence)
            no_date = replace(says, numbers=frozenset())
            dates = [date for date in says.dates if not there.holds_figures(replace(no_date, dates=frozenset({date})))]
            facts += len(says.numbers) + len(says.dates) + len(says.names)
            invented += len(says.numbers - there.numbers) + len(dates) + len(there.missing_names(says))
    count = max(1, len(shown))
    return AnswerQuality(
        right=right / count,
        wrong=(len(shown) - right - silent) / count,
        silent=silent / count,
        facts=facts,
        invented_facts=invented / max(1, facts),
    )


def _draw(questions: Sequence[SquadQuestion], count: int) -> list[SquadQuestion]:
    draw = Random(_SEED)  # noqa: S311 - a sample, not a secret
    known = [question for question in questions if question.answers]
    unknown = [question for question in questions if not question.answers]
    return [
        *draw.sample(known, min(count - count // 2, len(known))),
        *draw.sample(unknown, min(count // 2, len(unknown))),
    ]


async def _answer(pipeline: Pipeline, question: SquadQuestion) -> Answer:
    asked = Question(text=question.text, scope=SCOPE)
    [answer] = [event async for event in pipeline.answer(asked) if isinstance(event, Answer)]
    return answer


def _seen(question: SquadQuestion, answer: Answer, *, checked: bool) -> ShownAnswer:
    """Returns the shown sentences; ``checked`` leaves out unsupported ones."""
    return ShownAnswer(
        question=question,
        sentences=tuple(sentence.text for sentence in answer.sentences if sentence.supported or not checked),
        passages="\n".join(passage.hit.chunk.indexed_text for passage in answer.passages),
    )


def print_generation(report: GenerationReport) -> None:
    """Prints answer quality by method."""
    headings = (f"{report.generator}, {report.questions} questions", "Right", "Wrong", "Silent", "Facts", "Invented")
    rows = [
        (
            way,
            *(f"{share:.1%}" for share in (of.right, of.wrong, of.silent)),
            f"{of.facts:,}",
            f"{of.invented_facts:.1%}",
        )
        for way, of in report.ways.items()
    ]
    print_table(headings, rows)
