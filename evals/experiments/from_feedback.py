"""Reads stored answers, and turns feedback on them into evaluation questions and training data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evals.datasets.questions import EvalQuestion, GoldPassage
from evals.training.questions import AcceptedAnswer
from ingest.opening import CATALOG_FILE
from rag.catalog.answers import AnswerLog, AnswerRecord, Feedback, JudgedAnswer, Reason, Verdict
from rag.catalog.database.connection import Database
from rag.errors import ConfigurationError
from rag.settings import Settings

NEEDS_REVIEW = "needs_review"


def read_answers(settings: Settings, *, experiment: str | None = None) -> list[JudgedAnswer]:
    """Returns the tenant's answers, or those of an experiment, in the order of their questions.

    Raises:
        ConfigurationError: there is no catalogue in the data folder.
        CatalogUnavailableError: the catalogue does not answer.
    """
    url, file = settings.storage.catalog_url, settings.storage.folder / CATALOG_FILE
    if url is None and not file.exists():
        raise ConfigurationError(f"{file} does not exist. Set CITEWELL_STORAGE__FOLDER to the service's data folder.")
    database = Database.open(url.get_secret_value() if url else file)
    try:
        return AnswerLog(database).all_of(settings.tenant, experiment=experiment)
    finally:
        database.close()


def questions_from(judged: Iterable[JudgedAnswer]) -> Iterator[EvalQuestion]:
    """Yields an evaluation question for each question with feedback; of several answers, the last judged counts."""
    for each in _last_judged(judged):
        record, feedback = each.record, each.feedback
        if feedback is not None:
            yield _question(record, feedback)


def accepted_from(judged: Iterable[JudgedAnswer]) -> Iterator[AcceptedAnswer]:
    """Yields an accepted answer for each quote of an answer with a thumb up."""
    for each in _last_judged(judged):
        if each.feedback is not None and each.feedback.verdict is Verdict.UP:
            for citation in each.record.citations:
                yield AcceptedAnswer(question=each.record.question, document=citation.document, quote=citation.quote)


def _last_judged(judged: Iterable[JudgedAnswer]) -> list[JudgedAnswer]:
    said = [each for each in judged if each.given_at is not None]
    said.sort(key=lambda each: (each.given_at, each.record.request_id))
    return list({(each.record.collection, each.record.question): each for each in said}.values())


def _question(record: AnswerRecord, feedback: Feedback) -> EvalQuestion:
    asked = EvalQuestion(id=record.request_id, question=record.question, tags=("feedback", feedback.verdict.value))
    if feedback.verdict is Verdict.UP:
        if record.abstention is not None:
            return asked.model_copy(update={"answerable": False})
        gold = tuple(GoldPassage(document=each.document, quote=each.quote) for each in record.citations)
        return asked.model_copy(update={"gold_passages": gold}) if gold else _to_review(asked)
    if feedback.corrected_answer:
        given = record.answer.strip()
        wrong = (given,) if Reason.WRONG in feedback.reasons and _says_otherwise(given, feedback) else ()
        return asked.model_copy(update={"answers": (feedback.corrected_answer,), "wrong_answers": wrong})
    if Reason.NOT_IN_DOCUMENTS in feedback.reasons:
        return asked.model_copy(update={"answerable": False})
    return _to_review(asked)


def _says_otherwise(given: str, feedback: Feedback) -> bool:
    """Returns whether neither of the given and the corrected answer contains the other."""
    given, right = given.casefold(), feedback.corrected_answer.casefold()
    return bool(given) and given not in right and right not in given


def _to_review(asked: EvalQuestion) -> EvalQuestion:
    return asked.model_copy(update={"tags": (*asked.tags, NEEDS_REVIEW)})
