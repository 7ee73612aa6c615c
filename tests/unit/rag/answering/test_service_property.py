"""Whatever is uploaded, updated, deleted and restored: a kept answer is the one that would be given now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering.pipeline import Pipeline
from rag.answering.service import AnswerService
from rag.answers import Answer, AnswerEvent, Question
from rag.catalog.database.connection import Database
from rag.catalog.database.records import Task
from rag.types import EncodedChunk, Scope, SearchFilter
from tests.support.builders.chunks import chunk
from tests.support.builders.pipeline import ReversingReranker, answer_service, cached, pipeline_over
from tests.support.builders.register import Register
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.fakes.memory_index import MemoryIndex

SCOPES = tuple(Scope(tenant="acme", collection=name) for name in ("manuals", "minutes"))
NAMES = ("pump.txt", "valve.txt")
CODES = ("1111", "2222", "3333")
ASKED = ("What is the code of the pump?", "what is the CODE of the  pump?", "What is the code of the valve?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    scope: Scope
    name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    scope: Scope
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCollection:
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    scope: Scope
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    scope: Scope
    text: str
    media_type: str | None


Step = Upload | Delete | DeleteCollection | Restore | Ask
scopes = st.sampled_from(SCOPES)
names = st.sampled_from(NAMES)
asks = st.builds(Ask, scope=scopes, text=st.sampled_from(ASKED), media_type=st.sampled_from([None, "text/plain"]))
changes = st.one_of(
    st.builds(Upload, scope=scopes, name=names, code=st.sampled_from(CODES)),
    st.builds(Delete, scope=scopes, name=names),
    st.builds(DeleteCollection, scope=scopes),
    st.builds(Restore, scope=scopes, name=names),
)
BEGINNING: list[Step] = [
    *(Upload(scope=scope, name=name, code=CODES[0]) for scope in SCOPES for name in NAMES),
    *(Ask(scope=scope, text=text, media_type=None) for scope in SCOPES for text in ASKED),
]


@dataclass(slots=True)
class World:
    """The catalogue and an index beside it, changed as the worker does; it never tells the cache of anything."""

    register: Register
    index: MemoryIndex = field(default_factory=MemoryIndex)

    def pipeline(self) -> Pipeline:
        return pipeline_over(self.index, reranker=ReversingReranker(), visible=self.register.catalog.visible_to_asker)

    async def change(self, step: Upload | Delete | DeleteCollection | Restore) -> None:
        known = {(document.scope, document.name): document for document in self.register.catalog.documents("acme")}
        match step:
            case Upload():
                self.register.upload(step.name, step.code, scope=step.scope)
            case DeleteCollection() if step.scope.collection in self.register.catalog.collections("acme"):
                self.register.deletions.delete_collection(step.scope)
            case Delete() if (step.scope, step.name) in known:
                self.register.deletions.delete_document("acme", known[step.scope, step.name].document_id)
            case Restore() if (step.scope, step.name) in known:
                document_id = known[step.scope, step.name].document_id
                oldest = self.register.catalog.versions("acme", document_id)[-1]
                self.register.uploads.activate("acme", document_id, oldest.version_id)
        await self._settle()

    async def _settle(self) -> None:
        """Finishes what is queued, and purges what is to be purged."""
        await self._purge()
        while (task := self.register.queue.claim("w1")) is not None:
            await self._take_in(task)
            await self._purge()

    async def _take_in(self, task: Task) -> None:
        device = task.name.removesuffix(".txt")
        passage = chunk(
            f"The code of the {device} is {task.sha256}.",
            version_id=task.version_id,
            document_id=task.document_id,
            media_type="text/plain",
        )
        [vector] = HashEncoder().encode([passage.indexed_text])
        await self.index.upsert(task.scope, [EncodedChunk(chunk=passage, vector=vector)])
        self.register.publish(task)

    async def _purge(self) -> None:
        for purge in self.register.purge_all():
            await self.index.delete_version(purge.scope, purge.version_id)


async def ask(answering: AnswerService | Pipeline, asked: Ask) -> tuple[list[AnswerEvent], Answer]:
    """Returns the events before the last, and the last."""
    media_types = frozenset[str]() if asked.media_type is None else frozenset({asked.media_type})
    question = Question(text=asked.text, scope=asked.scope, filter=SearchFilter(media_types=media_types))
    *events, answer = [event async for event in answering.answer(question)]
    assert isinstance(answer, Answer)
    return events, answer


async def play(steps: list[Step], register: Register) -> int:
    """Plays the steps; every answer must be the one of a pipeline without a cache. Returns how many were kept ones."""
    world = World(register)
    pipeline = world.pipeline()
    visible = register.catalog.visible_to_asker
    answering = answer_service(cached(pipeline), visible=visible, state_of=register.catalog.state)
    kept = 0
    for step in steps:
        if not isinstance(step, Ask):
            await world.change(step)
            continue
        events, answer = await ask(answering, step)
        expected_events, expected = await ask(pipeline, step)
        assert events == expected_events
        assert replace(answer, receipt=expected.receipt) == expected
        kept += answer.receipt.cached
    return kept


@cache
def empty_catalogue() -> bytes:
    """A catalogue that was migrated once, for all plays."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        Database.open(path).close()
        return path.read_bytes()


def kept_answers(steps: list[Step]) -> int:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        path.write_bytes(empty_catalogue())
        database = Database.open(path)
        try:
            return asyncio.run(play(steps, Register(database)))
        finally:
            database.close()


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(changes, asks, asks), min_size=5, max_size=25))
def test_no_answer_is_another_than_the_one_that_would_be_given_now(steps: list[Step]) -> None:
    kept_answers([*BEGINNING, *steps])


def test_answers_do_come_from_the_cache_in_that_play() -> None:
    asked = [step for step in BEGINNING if isinstance(step, Ask)]
    # The first two questions differ in case and white space alone.
    assert kept_answers([*BEGINNING, *asked]) == len(SCOPES) + len(asked)
