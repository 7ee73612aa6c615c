"""Datasets within a service: kept in its data folder, and drafted from its collections."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from evals.datasets.readers.stored import StoredDatasets
from evals.drafting.collection import draft_questions
from evals.drafting.rows import accepted
from evals.service.given_questions import checked
from ingest.service import Service
from ingest.upkeep.stored_chunks import stored_chunks
from rag.errors import ConfigurationError, ConflictError
from rag.types import Scope


class ServiceDatasets:
    """The tenant's datasets, and drafts for more."""

    def __init__(self, service: Service) -> None:
        self._settings = service.settings
        self._stored = StoredDatasets.of(service.settings)

    def datasets(self) -> dict[str, int]:
        """Returns the names, each with its count of questions."""
        return {name: len(self._stored.dataset(name).questions) for name in self._stored.names()}

    def dataset(self, name: str) -> list[dict[str, JsonValue]]:
        """Returns the questions of a dataset.

        Raises:
            UnknownDatasetError: there is none of this name.
        """
        return [question.model_dump(mode="json") for question in self._stored.dataset(name).questions]

    def store(self, name: str, questions: Sequence[dict[str, JsonValue]], *, replace: bool) -> int:
        """Keeps questions that a person has accepted, and returns how many.

        Raises:
            WrongDatasetError: a question is wrong, there are none, or the name cannot be one.
            ConflictError: there is a dataset of this name, and ``replace`` is not asked for.
        """
        kept = tuple(accepted(question) for question in checked(questions))
        self._stored.store(name, kept, replace=replace)
        return len(kept)

    async def draft(self, scope: Scope, count: int) -> tuple[list[dict[str, JsonValue]], int]:
        """Returns ``count`` drafts at most, and how many the model wrote that were dropped.

        Raises:
            ConflictError: the collection holds no documents.
            GeneratorError: the settings name a model server, and it does not answer or fails.
        """
        try:
            chunks = await asyncio.to_thread(stored_chunks, self._settings, scope.collection)
        except ConfigurationError as error:
            raise ConflictError(str(error)) from error
        drafts = await draft_questions(chunks, count, self._settings)
        return [question.model_dump(mode="json") for question in drafts.questions], drafts.dropped
