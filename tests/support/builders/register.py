"""The parts of the catalogue over one database, and common steps of tests."""

from sqlalchemy import update

from ingest.parsing import PARSER_VERSION
from rag.catalog.database.connection import Database
from rag.catalog.database.records import DocumentRecord, Failure, IndexedVersion, JobRecord, Purge, Task, Upload
from rag.catalog.database.tables import VERSIONS
from rag.catalog.deletions import Deletions, PurgeStep
from rag.catalog.documents import Catalog
from rag.catalog.idempotency import IdempotencyKeys, RequestKey
from rag.catalog.job_board import JobBoard
from rag.catalog.jobs import JobQueue
from rag.catalog.rereads import Rereads
from rag.catalog.versions import Uploads
from rag.types import Scope

SCOPE = Scope(tenant="acme", collection="manuals")
FAILURE = Failure(code="corrupt_document", detail="It is torn.")


class Register:
    """Shortcuts to the catalogue's parts."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.catalog = Catalog(database)
        self.uploads = Uploads(database, parser_version=PARSER_VERSION)
        self.rereads = Rereads(database, parser_version=PARSER_VERSION)
        self.queue = JobQueue(database, lease_seconds=30, versions_kept=3)
        self.board = JobBoard(database)
        self.deletions = Deletions(database)
        self.keys = IdempotencyKeys(database)

    def upload(
        self,
        name: str = "a.txt",
        content: str = "1",
        scope: Scope = SCOPE,
        request: RequestKey | None = None,
        *,
        size_bytes: int = 3,
    ) -> tuple[DocumentRecord, JobRecord]:
        upload = Upload(name=name, media_type="text/plain", sha256=content, size_bytes=size_bytes)
        return self.uploads.add(scope, upload, keep_blob=lambda _: None, request=request)

    def claim(self, worker: str = "w1") -> Task:
        task = self.queue.claim(worker)
        assert task is not None
        return task

    def publish(self, task: Task, chunk_count: int = 5) -> Task:
        found = IndexedVersion(title="A", page_count=2, chunk_count=chunk_count, warnings=("w",))
        self.queue.publish_version(task, found)
        return task

    def take_in(self, content: str, name: str = "a.txt") -> Task:
        """Uploads and publishes a version."""
        self.upload(name, content)
        return self.publish(self.claim())

    def read_by_older_parser(self, *version_ids: str) -> None:
        """Makes the catalogue say that an older parser read these versions."""
        with self.database.write() as connection:
            old = update(VERSIONS).where(VERSIONS.c.id.in_(version_ids)).values(parser_version=PARSER_VERSION - 1)
            connection.execute(old)

    def take_in_outdated(self, content: str, name: str = "a.txt") -> Task:
        """Uploads and publishes a version that an older parser read."""
        task = self.take_in(content, name)
        self.read_by_older_parser(task.version_id)
        return task

    def job(self, task: Task) -> JobRecord:
        return self.board.job(task.scope.tenant, task.job_id)

    def visible(self, *tasks: Task) -> list[Task]:
        scopes = {task.scope for task in tasks}
        found = {scope: self.catalog.visible(scope, frozenset(task.version_id for task in tasks)) for scope in scopes}
        return [task for task in tasks if task.version_id in found[task.scope]]

    def purge_all(self) -> list[Purge]:
        """Purges all queued versions like the purger; returns them."""
        purges = self.deletions.pending()
        for purge in purges:
            for step in ("index", "caches"):
                self.deletions.note(purge, PurgeStep(step))
            if not purge.index_only:
                self.deletions.note(purge, PurgeStep.TEXT)
                if released := self.deletions.release_blob(purge.sha256, remove=lambda: None):
                    self.deletions.note(purge, PurgeStep.ORIGINAL)
                self.deletions.finish(purge, original_shared=not released)
            else:
                self.deletions.finish(purge)
        return purges
