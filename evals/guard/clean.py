"""Counts what the guard touches without attacks: documents, passages, answers."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.guard.attacks import Progress, Rate, without_guard
from evals.guard.models import ScriptedModel, honest_words
from evals.runs.corpus import COLLECTION, ingested_service
from rag.answers import Answer, GenerationRequest, Question, Role, Turn
from rag.errors import CitewellError, ConfigurationError
from rag.generation.prompts.data import AnswerPrompt
from rag.guard.guard import Guard
from rag.guard.orders.detector import Level, OrderDetector
from rag.guard.orders.model import shipped_model
from rag.settings import GeneratorBackend, Settings
from rag.text.sentences import split_sentences
from rag.types import Context, Scope

_PASSAGE = 700
_TOKEN = 5
_TEXTS = frozenset({".md", ".rst", ".txt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the guard costs on honest questions: touched answers by their writer, and its time."""

    questions: Rate
    quoted: Rate
    written: Rate
    milliseconds_median: float
    milliseconds_p95: float


def clean_documents(data: Path, settings: Settings, on_progress: Progress) -> list[Rate]:
    """Returns how many documents without attacks get a warning, and how many of their passages lose a sentence."""
    guard, detector = Guard(settings.guard), OrderDetector(shipped_model())
    rates = []
    for name in ("squad_articles_txt", "user_questions/documents"):
        paths = sorted(path for path in (data / name).glob("*") if path.suffix in _TEXTS)
        warned: list[str] = []
        touched = passages = 0
        for number, path in enumerate(paths, start=1):
            text = path.read_text("utf-8", errors="replace")
            findings = guard.read_document(settings.tenant, [text])
            if findings is not None and findings.warnings:
                warned.append(f"{path.name}: {findings.warnings[0]}")
            for passage in _passages(text):
                passages += 1
                touched += any(order.level is not Level.NONE for order in detector.find(passage))
            on_progress(name, number, len(paths))
        rates.append(Rate(kind=f"documents of {name}", succeeded=len(warned), tried=len(paths), forms=tuple(warned)))
        rates.append(Rate(kind=f"passages of {name}", succeeded=touched, tried=passages))
    return rates


def _passages(text: str) -> Iterator[str]:
    """Yields whole sentences of about the length of a passage together."""
    start = 0
    for span in split_sentences(text):
        if span.end - start >= _PASSAGE:
            yield text[start : span.end]
            start = span.end
    yield text[start:]


async def cost(data: Path, settings: Settings, on_progress: Progress) -> Cost:
    """Asks the users' questions with the guard and without, by quoting and by an honest scripted model.

    Raises:
        ConfigurationError: the questions are not there.
    """
    folder = data / "user_questions"
    if not (folder / "questions.jsonl").exists():
        raise ConfigurationError(f"{folder} holds no questions.jsonl. Name the folder above it with --data.")
    asked = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
    questions = [_question(each, settings) for each in asked]
    files = sorted(path for path in (folder / "documents").iterdir() if path.is_file())
    guard = Guard(settings.guard, instructions=lambda: [AnswerPrompt(settings.generation.prompt).system])
    objected = [question.text for question in questions if _is_objected(guard, question)]
    touched, spent = [], []
    for kind, backend in (("quoted", GeneratorBackend.EXTRACTIVE), ("written", GeneratorBackend.VLLM)):
        chosen = settings.generation.model_copy(update={"backend": backend})
        own = settings.model_copy(update={"generation": chosen})
        guarded = await _answers(files, questions, own, on_progress)
        plain = await _answers(files, questions, without_guard(own), on_progress)
        touched.append(_touched(f"{kind} answers", questions, guarded, plain))
        spent = [
            _milliseconds(guard, question, answer)
            for question, answer in zip(questions, guarded, strict=True)
            if answer is not None
        ]
    spent.sort()
    return Cost(
        questions=Rate(kind="questions", succeeded=len(objected), tried=len(questions), forms=tuple(objected)),
        quoted=touched[0],
        written=touched[1],
        milliseconds_median=spent[len(spent) // 2],
        milliseconds_p95=spent[int(len(spent) * 0.95)],
    )


def _milliseconds(guard: Guard, question: Question, answer: Answer) -> float:
    """Returns the processor time of the guard for one written answer, with nothing of its passages in memory."""
    guard.forget()
    context = Context(passages=answer.passages, tokens_before=0, tokens_after=0)
    began = time.thread_time()
    verdict = guard.ask(question)
    inspected = guard.inspect(question, context)
    request = GenerationRequest(
        question=question.text,
        standalone=question.text,
        passages=inspected.context.passages,
        scope=question.scope,
        confidence=1.0,
    )
    screen = guard.screen(request, inspected, verdict)
    for sentence in answer.sentences:
        for at in range(0, len(sentence.text), _TOKEN):
            screen.read(sentence.text[at : at + _TOKEN])
        screen.finish_sentence("", sentence.text, sentence)
    return 1_000 * (time.thread_time() - began)


def _is_objected(guard: Guard, question: Question) -> bool:
    verdict = guard.ask(question)
    return verdict.refused or verdict.quotes


def _question(given: dict[str, object], settings: Settings) -> Question:
    turns = given.get("history") or ()
    assert isinstance(turns, list | tuple)  # noqa: S101 - the file's format
    history = tuple(Turn(role=Role(turn["role"]), content=turn["content"]) for turn in turns)
    scope = Scope(tenant=settings.tenant, collection=COLLECTION)
    return Question(text=str(given["question"]), scope=scope, history=history)


def _touched(
    kind: str, questions: Sequence[Question], guarded: Sequence[Answer | None], plain: Sequence[Answer | None]
) -> Rate:
    changed = [
        question.text
        for question, one, other in zip(questions, guarded, plain, strict=True)
        if _words(one) != _words(other)
    ]
    return Rate(kind=kind, succeeded=len(changed), tried=len(questions), forms=tuple(changed))


def _words(answer: Answer | None) -> str:
    return " ".join(answer.text.split()) if answer is not None else ""


async def _answers(
    files: Sequence[Path], questions: Sequence[Question], settings: Settings, on_progress: Progress
) -> list[Answer | None]:
    """Returns the answers in order; None where the question failed."""
    with tempfile.TemporaryDirectory(prefix="citewell-guard-") as folder:
        storage = settings.storage.model_copy(update={"folder": Path(folder) / "data"})
        own = settings.model_copy(update={"storage": storage})
        async with ingested_service(files, own, on_progress=on_progress) as service:
            pipeline = service.answering.arms.control.pipeline
            if settings.generation.backend is not GeneratorBackend.EXTRACTIVE:
                pipeline = pipeline.writing_with(ScriptedModel(lambda request, _: honest_words(request)))
            answers: list[Answer | None] = []
            for number, question in enumerate(questions, start=1):
                try:
                    [answer] = [event async for event in pipeline.answer(question) if isinstance(event, Answer)]
                except CitewellError:
                    answers.append(None)
                else:
                    answers.append(answer)
                on_progress("asking", number, len(questions))
    return answers
