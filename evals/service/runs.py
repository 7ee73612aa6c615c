"""Runs inside a service, which ask its pipeline about one of its collections."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextvars import Context
from functools import partial
from itertools import islice

from pydantic import JsonValue

from evals.datasets.dataset import Dataset
from evals.datasets.readers.stored import StoredDatasets
from evals.ragas_scores.scoring import score_with_ragas
from evals.reports.html import Report, comparison_report, no_report, run_report
from evals.reports.words import ReportWords
from evals.runs.card import ModelCard
from evals.runs.comparison import Comparison, compare
from evals.runs.records import QuestionRecord, RunRecord, RunState
from evals.runs.run import ask_all, failed_run, finish, new_run
from evals.runs.scoring import is_right
from evals.runs.store import RunStore
from evals.runs.trial import kept_card
from evals.service.access import EvaluationAccess
from evals.service.coverage import Coverage, coverage_of
from evals.service.datasets import questions_from, readable_dataset
from ingest.service import Service
from ingest.storage.folder_lock import FolderLock
from rag.access.principal import Principal
from rag.answering.pipeline import SearchResult
from rag.answers import AnswerEvent, Question
from rag.catalog.access.reach import readable
from rag.errors import (
    CitewellError,
    ConfigurationError,
    ConflictError,
    FolderInUseError,
    UnknownEvaluationError,
    WrongDatasetError,
)
from rag.types import Scope
from rag.verification.checker import SupportChecker

Narrowed = Callable[[Question], Question]
"""Returns a question with the documents that it may be answered from; it blocks."""
_LOG = logging.getLogger(__name__)
_CUT_OFF = "The service ended before the run did. Start it again."
_CANCELLED = "It was cancelled."
_BUSY = "Another evaluation goes on. Wait for its end, or cancel it."


class ServiceRuns:
    """Runs evaluations, one at a time and one question at a time, so that users' questions do not wait.

    A second start is refused and not queued, because documents and settings might change before its turn. A lock in the
    folder shows, also after a restart, whether a run is still going on.
    """

    def __init__(self, service: Service, access: EvaluationAccess) -> None:
        self._service = service
        self._access = access
        self._store = RunStore.of(service.settings)
        self._lock = FolderLock(service.settings.storage.folder / "evals" / "running")
        self._settling = threading.Lock()
        self._runs: dict[str, RunRecord] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(
        self,
        viewer: Principal,
        scope: Scope,
        *,
        dataset: str | None,
        questions: Sequence[dict[str, JsonValue]] | None,
        limit: int | None,
        name: str = "",
        narrowed: Narrowed,
    ) -> RunRecord:
        """Starts a run of the questions, or of a dataset, and returns it; ``name`` is for the one who reads the list.

        ``narrowed`` makes each question one that is answered from what the viewer may read at that moment.

        Raises:
            WrongDatasetError: neither or both are given, a question is wrong, or there are none or too many.
            UnknownDatasetError: there is no such dataset.
            ConflictError: a run goes on.
        """
        chosen = await asyncio.to_thread(self._chosen, viewer, dataset, questions, limit)
        state = await asyncio.to_thread(self._service.storage.catalog.state, scope)
        about = {"tenant": scope.tenant, "collection": scope.collection, "started_by": viewer.user_id}
        run = new_run(chosen, self._service.settings, **about)
        run = run.model_copy(update={"name": name, "documents_state": state, "typed": dataset is None})
        await self.begin(viewer, (run,), partial(self._ask, run, chosen, scope, narrowed))
        return run

    async def begin(self, viewer: Principal, runs: Sequence[RunRecord], work: Callable[[], Awaitable[object]]) -> None:
        """Does work in the background that makes these new runs of the viewer's; they fail with it.

        Raises:
            ConflictError: a run goes on.
        """
        await self._take_turn(viewer)
        try:
            for run in runs:
                self._store.save(run)
        except BaseException:
            self._lock.release()
            raise
        self._runs = {run.run_id: run for run in runs}
        # In an empty context: the request that starts the run ends long before it.
        self._task = asyncio.create_task(self._do(work), name="evaluation", context=Context())

    def note(self, run: RunRecord, asked: int) -> None:
        """Stores how many questions of a run that goes on were asked."""
        self._runs[run.run_id] = run.model_copy(update={"asked": asked})
        self._store.save(self._runs[run.run_id])

    def covered(
        self,
        viewer: Principal,
        scope: Scope,
        *,
        dataset: str | None,
        questions: Sequence[dict[str, JsonValue]] | None,
    ) -> Coverage:
        """Returns which documents of the questions the collection has that the viewer may read.

        Raises:
            WrongDatasetError: neither or both are given, a question is wrong, or there are none or too many.
            UnknownDatasetError: there is no such dataset.
        """
        chosen = self._chosen(viewer, dataset, questions, None)
        catalog = self._service.storage.catalog
        documents = catalog.documents(scope.tenant, *readable(viewer), collection=scope.collection)
        return coverage_of(chosen.questions, {key for each in documents for key in (each.name, each.document_id)})

    def rename(self, viewer: Principal, run_id: str, name: str) -> RunRecord:
        """Gives a run that has ended another name.

        Raises:
            UnknownEvaluationError: there is no such run that the viewer may read.
            ConflictError: the run goes on.
        """
        run = self.run(viewer, run_id)
        if run.state is RunState.RUNNING:
            raise ConflictError("The evaluation goes on. Name it when it has ended.")
        renamed = run.model_copy(update={"name": name})
        self._store.save(renamed)
        return renamed

    def card(self, viewer: Principal, run_id: str) -> ModelCard:
        """Returns the card of a model that was tried.

        Raises:
            UnknownEvaluationError: there is no such run that the viewer may read, or one of its two runs was deleted.
            ConflictError: the run tried no model, or goes on.
        """
        run = self.run(viewer, run_id)
        if run.beside is None or run.state is not RunState.FINISHED:
            raise ConflictError("This evaluation is no trial of a model that has ended, and so has no card.")
        try:
            return kept_card(run, self._store)
        except ConfigurationError as error:
            raise UnknownEvaluationError(run.beside) from error

    async def cancel(self, viewer: Principal, run_id: str) -> RunRecord:
        """Cancels a running run; the records so far stay.

        Raises:
            UnknownEvaluationError: there is no such run.
            ConflictError: the run has ended, or belongs to another process.
        """
        run = await asyncio.to_thread(self.run, viewer, run_id)
        if run.state is not RunState.RUNNING:
            raise ConflictError(f"The evaluation {run_id} has ended; there is nothing to cancel.")
        if not self._is_mine(run):
            raise ConflictError(f"The evaluation {run_id} is run by another process. Cancel it there.")
        await self._stop(_CANCELLED)
        return await asyncio.to_thread(self.run, viewer, run_id)

    def delete(self, viewer: Principal, run_id: str) -> None:
        """Deletes a finished run with its questions.

        Raises:
            UnknownEvaluationError: there is no such run that the viewer may read.
            ConflictError: the run is running, or is an unfinished one of the command line.
        """
        if self.run(viewer, run_id).state is RunState.RUNNING:
            raise ConflictError(
                f"The evaluation {run_id} goes on. Cancel it; if it is the command line's and was cut off, "
                f"`citewell eval delete {run_id}` takes it away."
            )
        self._store.delete(run_id)

    async def close(self) -> None:
        """Cancels the running run, if any."""
        await self._stop(_CUT_OFF)

    def runs(self, viewer: Principal, *, before: str | None, limit: int) -> list[RunRecord]:
        """Returns the runs with an id lower than ``before`` that the viewer may read, newest first."""
        most = limit if viewer.sees_all else None
        found = (run for run in self._store.runs(viewer.tenant, before=before, limit=most) if self._reads(viewer, run))
        return [self._counted(self._settled(run)) for run in islice(found, limit)]

    def run(self, viewer: Principal, run_id: str) -> RunRecord:
        """Returns a run.

        Raises:
            UnknownEvaluationError: there is no such run that the viewer may read.
        """
        with contextlib.suppress(ConfigurationError):
            run = self._store.run(run_id)
            if run.run_id == run_id and run.tenant == viewer.tenant and self._reads(viewer, run):
                return self._settled(run)
        raise UnknownEvaluationError(run_id)

    def questions(self, viewer: Principal, run_id: str) -> tuple[QuestionRecord, ...]:
        """Returns the records of the questions asked so far, in the order in which they were asked.

        Raises:
            UnknownEvaluationError: there is no such run that the viewer may read.
        """
        return self._store.questions(self.run(viewer, run_id).run_id)

    def report(self, viewer: Principal, run_id: str, against: str | None, language: str) -> Report:
        """Returns the report of the run, or of its comparison with an earlier one, in a language.

        Raises:
            UnknownEvaluationError: there is no such run that the viewer may read.
        """
        words = ReportWords(language)
        if against is None:
            return run_report(*self._with_questions(viewer, run_id), words)
        return comparison_report(self.comparison(viewer, run_id, against), words)

    def no_report(self, language: str) -> Report:
        """Returns what stands in place of a report that is not there."""
        return no_report(ReportWords(language))

    def comparison(self, viewer: Principal, run_id: str, against: str) -> Comparison:
        """Compares the run with an earlier one.

        Raises:
            UnknownEvaluationError: there is no such run that the viewer may read.
        """
        return compare(self._with_questions(viewer, against), self._with_questions(viewer, run_id))

    def _reads(self, viewer: Principal, run: RunRecord) -> bool:
        return viewer.sees_all or self._access.reads_run(viewer, run, self._store.questions(run.run_id))

    def _with_questions(self, viewer: Principal, run_id: str) -> tuple[RunRecord, tuple[QuestionRecord, ...]]:
        run = self.run(viewer, run_id)
        return run, self._store.questions(run.run_id)

    def _chosen(
        self,
        viewer: Principal,
        dataset: str | None,
        questions: Sequence[dict[str, JsonValue]] | None,
        limit: int | None,
    ) -> Dataset:
        if (dataset is None) == (questions is None):
            raise WrongDatasetError("Send either 'questions' or the name of a 'dataset'.")
        if questions is not None:
            chosen = Dataset(name="questions", questions=questions_from(questions))
        else:
            stored = StoredDatasets.of(self._service.settings, viewer.tenant)
            chosen = readable_dataset(self._access, stored, viewer, dataset or "")
        chosen = chosen.sample(limit)
        most = self._service.settings.limits.evaluation_questions
        if not chosen.questions:
            raise WrongDatasetError("There are no questions. Send at least one.")
        if len(chosen.questions) > most:
            raise WrongDatasetError(
                f"There are {len(chosen.questions):,} questions, and {most:,} may be asked. Set 'limit', or raise "
                "CITEWELL_LIMITS__EVALUATION_QUESTIONS."
            )
        return chosen

    async def _take_turn(self, viewer: Principal) -> None:
        task = self._task
        if task is not None and not task.done():
            for run in await asyncio.to_thread(self._unfinished):
                if run.tenant != viewer.tenant or not await asyncio.to_thread(self._reads, viewer, run):
                    raise ConflictError(_BUSY)
                raise ConflictError(f"The evaluation {run.run_id} goes on. Wait for its end, or cancel it.")
            await asyncio.wait({task})  # its records are final; the task only has to release the lock
        try:
            with self._settling:
                self._lock.acquire()
        except FolderInUseError as error:
            raise ConflictError(_BUSY) from error

    async def _do(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - after any error the runs must not seem to be running
            first = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
            _LOG.error("the evaluation %s has failed", next(iter(self._runs)), exc_info=first)
            await asyncio.to_thread(self._fail, first)
        finally:
            self._lock.release()

    async def _ask(self, run: RunRecord, dataset: Dataset, scope: Scope, narrowed: Narrowed) -> None:
        def note(_: str, asked: int, __: int) -> None:
            self.note(run, asked)

        pipeline = _CurrentPipeline(self._service, narrowed)
        records = await ask_all(run, dataset, pipeline, scope, self._store, on_progress=note)
        encoder = self._service.engine.encoder
        scored, judge = await score_with_ragas(records, self._service.settings, lambda *_: None, encoder=encoder)
        shown = await asyncio.to_thread(self._without_deleted, scope, scored)
        await finish(run, shown, self._store, judge=judge)

    def _unfinished(self) -> list[RunRecord]:
        found = []
        for run in self._runs.values():
            with contextlib.suppress(ConfigurationError):  # it had ended, and was deleted
                if self._store.run(run.run_id).state is RunState.RUNNING:
                    found.append(run)
        return found

    def _fail(self, error: Exception) -> None:
        for run in self._unfinished():
            self._store.save(failed_run(run, error))

    def _without_deleted(self, scope: Scope, records: Sequence[QuestionRecord]) -> list[QuestionRecord]:
        """Empties the records of answers from documents that were deleted or replaced during the run."""

        def is_visible(record: QuestionRecord) -> bool:
            versions = frozenset(passage.version_id for passage in record.passages)
            return versions <= self._service.storage.catalog.visible(scope, versions)

        empty: dict[str, object] = {"answer": "", "sentences": (), "passages": ()}
        return [record if is_visible(record) else record.model_copy(update=empty) for record in records]

    async def _stop(self, reason: str) -> None:
        task = self._task
        if task is None or task.done():
            return
        task.cancel()
        await asyncio.wait({task})
        if task.cancelled():
            await asyncio.to_thread(self._fail, CitewellError(reason))
        self._lock.release()

    def _settled(self, run: RunRecord) -> RunRecord:
        """Returns the run, marked as failed if its service has ended; runs of the command line are left as they are."""
        is_of_service = run.collection is not None or run.in_service
        if run.state is not RunState.RUNNING or not is_of_service or self._is_mine(run):
            return run
        with self._settling:
            try:
                self._lock.acquire()
            except FolderInUseError:
                return run
            try:
                now = self._store.run(run.run_id)  # the run may have ended since it was read
                if now.state is RunState.RUNNING:
                    now = failed_run(now, CitewellError(_CUT_OFF))
                    self._store.save(now)
            finally:
                self._lock.release()
        return now

    def _counted(self, run: RunRecord) -> RunRecord:
        """Returns the run with its count of right answers, which runs of before did not store."""
        if run.state is not RunState.FINISHED or run.right is not None:
            return run
        counted = run.model_copy(update={"right": sum(map(is_right, self._store.questions(run.run_id)))})
        self._store.save(counted)
        return counted

    def _is_mine(self, run: RunRecord) -> bool:
        return self._task is not None and not self._task.done() and run.run_id in self._runs


class _CurrentPipeline:
    """Delegates to the service's current pipeline, because a new index may take over during a run."""

    def __init__(self, service: Service, narrowed: Narrowed) -> None:
        self._service = service
        self._narrowed = narrowed

    @property
    def checker(self) -> SupportChecker:
        return self._service.answering.checker

    async def search(self, question: Question, *, limit: int | None = None) -> SearchResult:
        return await self._service.answering.search(await asyncio.to_thread(self._narrowed, question), limit=limit)

    async def answer(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Answers without the cache."""
        narrowed = await asyncio.to_thread(self._narrowed, question)
        async with contextlib.aclosing(self._service.answering.answer(narrowed, fresh=True)) as events:
            async for event in events:
                yield event
