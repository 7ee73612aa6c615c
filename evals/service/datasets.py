"""Datasets inside a service: stored in its data folder, and drafted from its collections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from pydantic import JsonValue

from evals.datasets.questions import EvalQuestion, parse_questions
from evals.datasets.readers.stored import StoredDatasets
from evals.drafting.collection import draft_questions
from evals.drafting.drafts import Drafts, accepted
from ingest.service import Service
from ingest.upkeep.stored_chunks import stored_chunks
from rag.errors import ConfigurationError, ConflictError, WrongDatasetError
from rag.types import Scope


class ServiceDatasets:
    """The datasets of the service's tenants, and drafts from their documents."""

    def __init__(self, service: Service) -> None:
        self._settings = service.settings
        self._connected = service.storage.connected

    def datasets(self, tenant: str) -> dict[str, int]:
        """Returns the number of questions of each of the tenant's datasets, by name."""
        stored = self._of(tenant)
        return {name: len(stored.dataset(name).questions) for name in stored.names()}

    def dataset(self, tenant: str, name: str) -> tuple[EvalQuestion, ...]:
        """Returns the questions of a dataset.

        Raises:
            UnknownDatasetError: the tenant has no dataset of this name.
        """
        return self._of(tenant).dataset(name).questions

    def store(self, tenant: str, name: str, rows: Sequence[dict[str, JsonValue]], *, replace: bool) -> int:
        """Stores questions as accepted, and returns their number.

        Raises:
            WrongDatasetError: a question is wrong, there are none, or the name is not allowed.
            ConflictError: there is a dataset of this name, and ``replace`` is False.
        """
        questions = tuple(accepted(question) for question in questions_from(rows))
        self._of(tenant).store(name, questions, replace=replace)
        return len(questions)

    async def draft(self, scope: Scope, count: int) -> Drafts:
        """Drafts up to ``count`` questions from the scope's documents.

        Raises:
            ConflictError: the collection has no documents.
            GeneratorError: the settings require a model server, and it does not answer or fails.
        """
        try:
            chunks = await asyncio.to_thread(stored_chunks, self._settings, scope.collection, tenant=scope.tenant)
        except ConfigurationError as error:
            raise ConflictError(str(error)) from error
        generation = self._settings.generation.with_connected(self._connected.current)
        return await draft_questions(chunks, count, self._settings.model_copy(update={"generation": generation}))

    def _of(self, tenant: str) -> StoredDatasets:
        return StoredDatasets.of(self._settings, tenant)


def questions_from(rows: Sequence[dict[str, JsonValue]]) -> tuple[EvalQuestion, ...]:
    """Validates a request's questions like the lines of a file, and returns them.

    Raises:
        WrongDatasetError: rows are not questions, or two have the same id; the message counts rows from 1.
    """
    try:
        return parse_questions("\n".join(json.dumps(row) for row in rows), source="questions")
    except ConfigurationError as error:
        raise WrongDatasetError(str(error)) from error
