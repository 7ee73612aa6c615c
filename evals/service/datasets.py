"""Datasets inside a service: stored in its data folder, and drafted from its collections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from pydantic import JsonValue

from evals.datasets.dataset import Dataset
from evals.datasets.questions import EvalQuestion, parse_questions
from evals.datasets.readers.stored import About, StoredDatasets
from evals.drafting.collection import draft_questions
from evals.drafting.drafts import Drafts, accepted
from evals.service.access import EvaluationAccess
from ingest.service import Service
from ingest.upkeep.stored_chunks import stored_chunks
from rag.access.principal import Principal
from rag.errors import ConfigurationError, ConflictError, UnknownDatasetError, WrongDatasetError
from rag.types import Scope


class ServiceDatasets:
    """The datasets of the service's tenants, and drafts from their documents."""

    def __init__(self, service: Service, access: EvaluationAccess) -> None:
        self._access = access
        self._settings = service.settings
        self._connected = service.storage.connected

    def datasets(self, viewer: Principal) -> dict[str, int]:
        """Returns the number of questions of each dataset that the viewer may read, by name."""
        stored = self._of(viewer.tenant)
        return {name: len(stored.dataset(name).questions) for name in self._access.datasets(viewer)}

    def dataset(self, viewer: Principal, name: str) -> tuple[EvalQuestion, ...]:
        """Returns the questions of a dataset.

        Raises:
            UnknownDatasetError: there is no dataset of this name that the viewer may read.
        """
        return readable_dataset(self._access, self._of(viewer.tenant), viewer, name).questions

    def store(
        self,
        viewer: Principal,
        name: str,
        rows: Sequence[dict[str, JsonValue]],
        *,
        replace: bool,
        collection: str | None = None,
    ) -> int:
        """Stores questions as accepted, and returns their number; ``collection`` is the one that they are about.

        Raises:
            WrongDatasetError: a question is wrong, there are none, or the name is not allowed.
            ConflictError: there is a dataset of this name, and ``replace`` is False.
        """
        questions = tuple(accepted(question) for question in questions_from(rows))
        stored = self._of(viewer.tenant)
        may_replace = replace and (name not in stored.names() or self._access.reads_dataset(viewer, name))
        stored.store(name, questions, replace=may_replace, about=About(stored_by=viewer.user_id, collection=collection))
        return len(questions)

    async def draft(self, scope: Scope, count: int, document_ids: frozenset[str] | None = None) -> Drafts:
        """Drafts up to ``count`` questions from the scope's documents, all of them or only those of ``document_ids``.

        Raises:
            ConflictError: the collection has no documents.
            GeneratorError: the settings require a model server, and it does not answer or fails.
        """
        try:
            chunks = await asyncio.to_thread(
                stored_chunks, self._settings, scope.collection, tenant=scope.tenant, document_ids=document_ids
            )
        except ConfigurationError as error:
            raise ConflictError(str(error)) from error
        generation = self._settings.generation.with_connected(self._connected.current)
        return await draft_questions(chunks, count, self._settings.model_copy(update={"generation": generation}))

    def _of(self, tenant: str) -> StoredDatasets:
        return StoredDatasets.of(self._settings, tenant)


def readable_dataset(access: EvaluationAccess, stored: StoredDatasets, viewer: Principal, name: str) -> Dataset:
    """Returns a dataset that the viewer may read.

    Raises:
        UnknownDatasetError: there is none of this name.
    """
    known = access.datasets(viewer)
    if name not in known:
        raise UnknownDatasetError(name, known)
    return stored.dataset(name)


def questions_from(rows: Sequence[dict[str, JsonValue]]) -> tuple[EvalQuestion, ...]:
    """Validates a request's questions like the lines of a file, and returns them.

    Raises:
        WrongDatasetError: rows are not questions, or two have the same id; the message counts rows from 1.
    """
    try:
        return parse_questions("\n".join(json.dumps(row) for row in rows), source="questions")
    except ConfigurationError as error:
        raise WrongDatasetError(str(error)) from error
