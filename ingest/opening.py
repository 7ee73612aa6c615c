"""Opens the parts that every process needs, in order: the data folder, its catalogue, the models and the index.

This is the composition root. It stands in ``ingest``, not in ``api``, because evaluations open the same parts as the
service does, and ``evals`` must not import ``api``.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ingest.parsing import PARSER_VERSION
from ingest.storage.belonging import ensure_belonging, refuse_lost_catalog, rename_damaged
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore
from ingest.storage.document_texts import StoredTexts
from ingest.storage.folder_lock import FolderLock
from rag.answering.pipeline import Pipeline
from rag.answering.service import Arms
from rag.catalog.access.grants import Grants
from rag.catalog.access.people import People
from rag.catalog.access.quotas import Quotas
from rag.catalog.answers import AnswerLog
from rag.catalog.collections.collections import Collections
from rag.catalog.collections.describing import Descriptions
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database
from rag.catalog.deletions import Deletions
from rag.catalog.documents import Catalog
from rag.catalog.endpoints.sealing import Seal
from rag.catalog.endpoints.stored import StoredEndpoints
from rag.catalog.idempotency import IdempotencyKeys
from rag.catalog.indexes import Generation, IndexRegister
from rag.catalog.installation import Installation
from rag.catalog.job_board import JobBoard
from rag.catalog.jobs import LEASE_SECONDS, JobQueue
from rag.catalog.rereads import Rereads
from rag.catalog.selection.selection import Selection
from rag.catalog.trail.trail import Trail
from rag.catalog.usage import UsageLedger
from rag.catalog.versions import Uploads
from rag.errors import CatalogDamagedError, ConfigurationError, FolderInUseError, UnusableFolderError
from rag.factory import build_arms, build_encoder, build_index, build_tokenizer
from rag.generation.endpoints.budgets import DailyLedger, Spend
from rag.generation.endpoints.connected import ConnectedEndpoints, SharedServers
from rag.settings import BudgetSettings, IndexBackend, Settings
from rag.stages import ChunkIndex, Encoder

Number = TypeVar("Number", int, float)
CATALOG_FILE = "catalog.db"
ORIGINALS_FOLDER = "blobs"
EXTRACTED_FOLDER = "extracted"
BIN_FOLDER = "bin"
SNAPSHOT_PREFIX = ".backup-"
"""The beginning of the name of a folder that holds an unfinished backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The open data folder and the catalogue's parts. ``exclusive``: no other process can have the folder open."""

    lock: FolderLock
    exclusive: bool
    database: Database
    installation: Installation
    catalog: Catalog
    uploads: Uploads
    rereads: Rereads
    deletions: Deletions
    keys: IdempotencyKeys
    board: JobBoard
    queue: JobQueue
    indexes: IndexRegister
    ledger: DailyLedger
    blobs: BlobStore
    litter_bin: Bin
    usage: UsageLedger
    answers: AnswerLog
    conversations: Conversations
    turns: Turns
    people: People
    endpoints: StoredEndpoints
    connected: ConnectedEndpoints
    selection: Selection
    collections: Collections
    descriptions: Descriptions
    grants: Grants
    quotas: Quotas
    trail: Trail


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An open generation of the index, with its encoder and the pipelines over both."""

    generation: Generation
    encoder: Encoder
    index: ChunkIndex
    arms: Arms

    @property
    def pipeline(self) -> Pipeline:
        """The control's pipeline, without a cache of answers."""
        return self.arms.control.pipeline


@contextmanager
def open_storage(settings: Settings, *, adopting: bool = False) -> Iterator[Storage]:
    """Opens folder and catalogue. With an embedded index the whole folder belongs to one process.

    With ``adopting`` a lost or damaged catalogue is replaced by a new one, which need not belong to the folder.

    Raises:
        FolderInUseError: another process owns the data folder.
        FolderMismatchError: folder and catalogue do not belong together.
        CatalogDamagedError: the catalogue's file is damaged.
        UnusableFolderError: the folder cannot be made or written.
        ConfigurationError: the catalogue cannot be opened.
        CatalogUnavailableError: the catalogue does not answer.
    """
    folder = settings.storage.folder
    exclusive = settings.index.backend is IndexBackend.EDGE
    with ExitStack() as stack:
        lock = FolderLock(folder)
        stack.callback(lock.release)
        with _folder_errors(folder):
            _acquire(lock, required=exclusive or adopting)
            if exclusive:
                _remove_unfinished_snapshots(folder)
            litter_bin = Bin(folder / BIN_FOLDER)
            blobs = BlobStore(folder / ORIGINALS_FOLDER, litter_bin=litter_bin)
            database = _open_catalog(settings, blobs, adopting=adopting)
            stack.callback(database.close)
            catalog, installation = Catalog(database), Installation(database)
            if not adopting:
                ensure_belonging(folder, installation=installation, catalog=catalog, blobs=blobs)
        keys = IdempotencyKeys(database)
        usage, quotas = UsageLedger(database), Quotas(database)
        turns = Turns(database)
        endpoints = StoredEndpoints(database, Seal(settings.storage))
        if exclusive:
            keys.remove_unfinished()
            turns.interrupt_running()
        yield Storage(
            lock=lock,
            exclusive=exclusive,
            database=database,
            installation=installation,
            catalog=catalog,
            uploads=Uploads(database, parser_version=PARSER_VERSION),
            rereads=Rereads(database, parser_version=PARSER_VERSION),
            deletions=Deletions(database),
            keys=keys,
            board=JobBoard(database),
            queue=JobQueue(
                database,
                lease_seconds=LEASE_SECONDS,
                versions_kept=settings.ingestion.versions_kept,
            ),
            indexes=IndexRegister(database),
            ledger=_ledger(settings, usage, quotas),
            blobs=blobs,
            litter_bin=litter_bin,
            usage=usage,
            answers=AnswerLog(database),
            conversations=Conversations(database),
            turns=turns,
            people=People.of(database, settings.security),
            endpoints=endpoints,
            connected=ConnectedEndpoints(endpoints.usable()),
            selection=Selection(database),
            collections=Collections(database),
            descriptions=Descriptions(database),
            grants=Grants(database),
            quotas=quotas,
            trail=Trail.of(database, settings),
        )


@contextmanager
def open_catalogue(settings: Settings) -> Iterator[Database]:
    """Opens the catalogue alone, which a running service may have open as well.

    Raises:
        ConfigurationError: there is no data folder, or the catalogue cannot be opened.
        CatalogUnavailableError: the catalogue does not answer.
    """
    url, path = settings.storage.catalog_url, settings.storage.folder / CATALOG_FILE
    if url is None and not path.is_file():
        raise ConfigurationError(
            f"There is no catalogue at {path.absolute()}. Start `citewell serve`, or set CITEWELL_STORAGE__FOLDER."
        )
    database = Database.open(url.get_secret_value() if url else path)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_people(settings: Settings) -> Iterator[People]:
    """Opens what the catalogue knows of people, beside a service that may have the folder open.

    Raises:
        UnusableFolderError: the folder cannot be made or written.
        FolderMismatchError: the folder has lost its catalogue.
        CatalogDamagedError: the catalogue's file is damaged.
        CatalogUnavailableError: the catalogue does not answer.
    """
    folder = settings.storage.folder
    with _folder_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        blobs = BlobStore(folder / ORIGINALS_FOLDER, litter_bin=Bin(folder / BIN_FOLDER))
        database = _open_catalog(settings, blobs, adopting=False)
    with closing(database):
        yield People.of(database, settings.security)


@asynccontextmanager
async def open_engine(settings: Settings, storage: Storage, generation: Generation) -> AsyncIterator[Engine]:
    """Loads the models and opens the index.

    Raises:
        ConfigurationError: a model or the index cannot be opened.
        IndexUnavailableError: the index is damaged, or does not answer.
    """
    encoder = await asyncio.to_thread(build_encoder, generation.encoder(settings.encoder), settings.models)
    index = await asyncio.to_thread(build_index, settings, encoder, generation=generation.number)
    texts = StoredTexts(settings.storage.folder / EXTRACTED_FOLDER)
    try:
        arms = build_arms(
            settings,
            encoder=encoder,
            index=index,
            tokenizer=build_tokenizer(encoder),
            visible=storage.catalog.visible_to_asker,
            servers=SharedServers(ledger=storage.ledger, connected=storage.connected),
            texts=texts,
            library=storage.catalog,
        )
        async with arms.health_checked():
            yield Engine(generation=generation, encoder=encoder, index=index, arms=arms)
    finally:
        await index.close()


def _acquire(lock: FolderLock, *, required: bool) -> None:
    try:
        lock.acquire()
    except FolderInUseError:  # with an index server several processes share the folder, and one of them has the lock
        if required:
            raise


def _remove_unfinished_snapshots(folder: Path) -> None:
    for snapshot in folder.glob(f"{SNAPSHOT_PREFIX}*"):
        shutil.rmtree(snapshot, ignore_errors=True)


def _ledger(settings: Settings, usage: UsageLedger, quotas: Quotas) -> DailyLedger:
    """Returns the budgets, with what was used today before a restart; a quota of a tenant narrows its budget."""

    def budget_of(tenant: str) -> BudgetSettings:
        budget, quota = settings.generation.budget_of(tenant), quotas.last_read(tenant)
        return BudgetSettings(
            tokens=_least(budget.tokens, quota.tokens_a_day),
            money=_least(budget.money, None if quota.cost_nanos_a_day is None else quota.cost_nanos_a_day / 1e9),
        )

    spent = {
        tenant.key: Spend(
            tokens=tenant.prompt_tokens + tenant.completion_tokens, money=float(sum(tenant.costs.values()))
        )
        for tenant in usage.used_today()
    }
    return DailyLedger(budget_of=budget_of, spent=spent)


def _least(one: Number | None, other: Number | None) -> Number | None:
    known = [each for each in (one, other) if each is not None]
    return min(known, default=None)


def _open_catalog(settings: Settings, blobs: BlobStore, *, adopting: bool) -> Database:
    if settings.storage.catalog_url:
        return Database.open(settings.storage.catalog_url.get_secret_value())
    path = settings.storage.folder / CATALOG_FILE
    if not adopting:
        refuse_lost_catalog(settings.storage.folder, path, blobs)
        return Database.open(path)
    try:
        return Database.open(path)
    except CatalogDamagedError:
        rename_damaged(path)
        return Database.open(path)


@contextmanager
def _folder_errors(folder: Path) -> Iterator[None]:
    """Turns an ``OSError`` about the folder into an ``UnusableFolderError``."""
    try:
        yield
    except OSError as error:
        raise UnusableFolderError(str(folder), error) from error
