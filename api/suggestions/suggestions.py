"""Finds questions that a collection answers: it asks them itself, and keeps those whose answer is good."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import aclosing, suppress
from dataclasses import replace
from itertools import islice
from random import Random

from api.caller import Caller
from api.library.selection import scoped_question
from api.read_version import ReadVersion
from api.suggestions.candidates import Candidate, are_good, candidates_of
from ingest.service import Service
from rag.answering.pipeline import Pipeline
from rag.answers import Answer, Question
from rag.catalog.access.reach import readable
from rag.catalog.database.records import VersionState
from rag.errors import CitewellError
from rag.guard.personal.masking import Policy, mask
from rag.types import Scope

_WANTED = 3
_DOCUMENTS, _CANDIDATES_EACH = 16, 3
_MOST_SECONDS = 10.0
_MOST_KEPT = 64
_Key = tuple[Scope, str, frozenset[str] | None]
"""A collection, its state, and the documents that the caller may read there, None for all."""
_SHEETS = ("sheet", "excel", "csv", "tab-separated")


class Suggestions:
    """The suggestions of collections, found once for each state of one.

    They are answered by quoting, whatever model is connected: what can be quoted can be written, and it costs nothing.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._personal_data = Policy.of(service.settings.personal_data.answers)
        self._kept: OrderedDict[_Key, tuple[Candidate, ...]] = OrderedDict()
        self._finding = asyncio.Lock()

    async def of(self, caller: Caller, scope: Scope) -> tuple[Candidate, ...]:
        """Returns up to three questions, each about another document where there are so many."""
        async with self._finding:
            state = await asyncio.to_thread(self._service.storage.catalog.state, scope)
            anything = await asyncio.to_thread(scoped_question, self._service, caller, text="", scope=scope)
            key = (scope, state, anything.filter.document_ids)
            if key not in self._kept:
                self._kept[key] = await self._find(caller, anything)
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]

    def forget(self) -> None:
        """Forgets all suggestions: they name titles and headings of documents that may be deleted."""
        self._kept.clear()

    async def _find(self, caller: Caller, anything: Question) -> tuple[Candidate, ...]:
        lists = await asyncio.to_thread(lambda: list(self._candidates(caller, anything.scope)))
        pipeline = self._service.engine.pipeline.quoting()
        until = time.monotonic() + _MOST_SECONDS
        found: list[Candidate] = []
        for at in range(_CANDIDATES_EACH):
            for candidates in lists:
                if len(found) == _WANTED or time.monotonic() > until:
                    return tuple(found)
                is_new = at < len(candidates) and candidates[at].document_id not in {each.document_id for each in found}
                if is_new and await _is_answered(pipeline, anything, candidates[at]):
                    found.append(candidates[at])
        return tuple(found)

    def _candidates(self, caller: Caller, scope: Scope) -> Iterator[list[Candidate]]:
        """Yields a few candidates of each of some documents, drawn with a fixed seed."""
        catalog = self._service.storage.catalog
        records = catalog.documents(scope.tenant, *readable(caller), collection=scope.collection)
        ready = [
            record
            for record in records
            if record.state is VersionState.READY and not any(word in record.media_type for word in _SHEETS)
        ]
        draw = Random(len(ready))  # noqa: S311 - a sample, not a secret
        for record in draw.sample(ready, min(_DOCUMENTS, len(ready))):
            with suppress(CitewellError):  # deleted since, or a file is missing: the others will do
                text, chunks = ReadVersion(self._service, caller, record.document_id, None).text
                candidates = candidates_of(record.document_id, record.title, text.text, chunks)
                yield list(islice(filter(self._may_be_shown, candidates), _CANDIDATES_EACH))

    def _may_be_shown(self, candidate: Candidate) -> bool:
        """Returns whether a question holds nothing that answers mask."""
        return mask(candidate.question, self._personal_data)[0] == candidate.question


async def _is_answered(pipeline: Pipeline, anything: Question, candidate: Candidate) -> bool:
    try:
        async with aclosing(pipeline.answer(replace(anything, text=candidate.question))) as events:
            answers = [event async for event in events if isinstance(event, Answer)]
    except CitewellError:
        return False
    return any(are_good(answer.sentences, candidate) for answer in answers)
