"""Which datasets and runs of a tenant a user may read: they quote documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.datasets.questions import EvalQuestion
from evals.datasets.readers.catalogue import SAMPLES
from evals.datasets.readers.stored import StoredDatasets
from evals.runs.records import QuestionRecord, RunRecord
from ingest.service import Service
from rag.access.grants import Level
from rag.access.principal import Principal
from rag.catalog.access.reach import readable
from rag.types import Scope


class EvaluationAccess:
    """Decides by the rights of documents and collections, as they are at this moment."""

    def __init__(self, service: Service) -> None:
        self._settings = service.settings
        self._catalog = service.storage.catalog
        self._collections = service.storage.collections

    def datasets(self, viewer: Principal) -> tuple[str, ...]:
        """Returns the names of the datasets that a viewer may read."""
        stored = StoredDatasets.of(self._settings, viewer.tenant)
        return tuple(name for name in stored.names() if self.reads_dataset(viewer, name))

    def reads_dataset(self, viewer: Principal, name: str) -> bool:
        """Returns whether a viewer may read a dataset: one that it stored, or one about a collection that it may read.

        Of none of the two may it name a document that is hidden from the viewer.
        """
        if viewer.sees_all or name in SAMPLES:
            return True
        stored = StoredDatasets.of(self._settings, viewer.tenant)
        about = stored.about(name)
        questions = stored.dataset(name).questions
        if about.stored_by == viewer.user_id:
            return not self._names_hidden(viewer, questions, surely=False)
        if about.collection is None or not self._reads_whole(viewer, about.collection):
            return False
        # A name that no document has may be that of one which is being purged, or was moved and replaced.
        return not self._names_hidden(viewer, questions, surely=True)

    def reads_run(self, viewer: Principal, run: RunRecord, records: Sequence[QuestionRecord]) -> bool:
        """Returns whether a viewer may read a run: its own, or one whose dataset and collection it may read."""
        if viewer.sees_all:
            return True
        if self._catalog.hidden_among(viewer.tenant, _documents(records), *readable(viewer)):
            return False
        if run.started_by == viewer.user_id:
            asked = [record.question for record in records]
            return run.typed or not self._names_hidden(viewer, asked, surely=False)
        if run.collection is None or not self._reads_whole(viewer, run.collection):
            return False
        if run.dataset not in self.datasets(viewer):
            return False
        known = StoredDatasets.of(self._settings, viewer.tenant).dataset(run.dataset).questions
        return all(record.question in known for record in records)

    def _reads_whole(self, viewer: Principal, collection: str) -> bool:
        scope = Scope(tenant=viewer.tenant, collection=collection)
        allowed = self._collections.allows(scope, viewer, Level.READ)
        return allowed and not self._catalog.holds_hidden(scope, *readable(viewer))

    def _names_hidden(self, viewer: Principal, questions: Iterable[EvalQuestion], *, surely: bool) -> bool:
        """Returns whether a question quotes a document, by name or id, that only a hidden one can be."""
        names = {gold.document for question in questions for gold in question.gold_passages}
        return self._catalog.names_hidden(viewer.tenant, names, *readable(viewer), surely=surely)


def _documents(records: Iterable[QuestionRecord]) -> frozenset[str]:
    shown = {passage.document_id for record in records for passage in record.passages}
    cited = {each.document_id for record in records for sentence in record.sentences for each in sentence.citations}
    return frozenset(shown | cited)
