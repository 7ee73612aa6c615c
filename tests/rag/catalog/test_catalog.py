import pytest

from rag.catalog.catalog import Catalog
from rag.catalog.jobs import JobQueue
from rag.catalog.records import Failure, JobState, Task, Upload, VersionState
from rag.errors import UnknownDocumentError, UnknownJobError
from rag.types import Scope

SCOPE = Scope(tenant="acme", collection="manuals")


def upload(name: str = "a.txt", sha256: str = "1") -> Upload:
    return Upload(name=name, media_type="text/plain", sha256=sha256, size_bytes=3)


def claim(queue: JobQueue) -> Task:
    task = queue.claim()
    assert task is not None
    return task


def finish(queue: JobQueue, task: Task) -> bool:
    return queue.finish(task, title="A", page_count=2, chunk_count=5, warnings=("w",))


def test_an_upload_is_a_document_with_a_waiting_job(catalog: Catalog) -> None:
    document, job = catalog.add_upload(SCOPE, upload())
    assert document.state is VersionState.PROCESSING
    assert job.state is JobState.QUEUED
    assert catalog.documents("acme") == [document]
    assert catalog.collections("acme") == {"manuals": 1}


def test_a_version_is_visible_from_the_moment_its_job_is_finished(catalog: Catalog, queue: JobQueue) -> None:
    catalog.add_upload(SCOPE, upload())
    task = claim(queue)
    versions = frozenset({task.version_id})
    assert catalog.visible("acme", versions) == frozenset()
    assert finish(queue, task)
    assert catalog.visible("acme", versions) == versions
    assert catalog.visible("other", versions) == frozenset()
    document = catalog.document("acme", task.document_id)
    assert (document.state, document.title, document.chunk_count) == (VersionState.READY, "A", 5)


def test_a_new_version_replaces_the_old_one_in_one_step(catalog: Catalog, queue: JobQueue) -> None:
    catalog.add_upload(SCOPE, upload())
    first = claim(queue)
    finish(queue, first)
    document, _ = catalog.add_upload(SCOPE, upload(sha256="2"))
    assert document.document_id == first.document_id
    second = claim(queue)
    both = frozenset({first.version_id, second.version_id})
    assert catalog.visible("acme", both) == {first.version_id}
    finish(queue, second)
    assert catalog.visible("acme", both) == {second.version_id}
    assert [purge.version_id for purge in catalog.purges()] == [first.version_id]


def test_the_same_bytes_again_cost_nothing(catalog: Catalog, queue: JobQueue) -> None:
    _, job = catalog.add_upload(SCOPE, upload())
    assert catalog.add_upload(SCOPE, upload())[1].job_id == job.job_id
    finish(queue, claim(queue))
    assert catalog.add_upload(SCOPE, upload())[1].state is JobState.SUCCEEDED
    assert queue.claim() is None


def test_a_failed_update_leaves_the_old_version_visible(catalog: Catalog, queue: JobQueue) -> None:
    catalog.add_upload(SCOPE, upload())
    first = claim(queue)
    finish(queue, first)
    _, job = catalog.add_upload(SCOPE, upload(sha256="2"))
    queue.fail(claim(queue), Failure(code="corrupt_document", detail="no"))
    document = catalog.document("acme", first.document_id)
    assert document.state is VersionState.READY
    assert document.failure == Failure(code="corrupt_document", detail="no")
    assert catalog.visible("acme", frozenset({first.version_id})) == {first.version_id}
    assert queue.job("acme", job.job_id).failure is not None


def test_what_failed_can_be_uploaded_again(catalog: Catalog, queue: JobQueue) -> None:
    catalog.add_upload(SCOPE, upload())
    queue.fail(claim(queue), Failure(code="x", detail="y"))
    document, job = catalog.add_upload(SCOPE, upload())
    assert (document.state, document.failure, job.state) == (VersionState.PROCESSING, None, JobState.QUEUED)


def test_a_deleted_document_is_invisible_at_once_and_left_to_be_purged(catalog: Catalog, queue: JobQueue) -> None:
    _, job = catalog.add_upload(SCOPE, upload())
    task = claim(queue)
    finish(queue, task)
    catalog.delete_document("acme", task.document_id)
    assert catalog.visible("acme", frozenset({task.version_id})) == frozenset()
    [purge] = catalog.purges()
    assert (purge.version_id, purge.blob_unused) == (task.version_id, True)
    catalog.forget(purge.version_id)
    assert catalog.purges() == []
    with pytest.raises(UnknownJobError):
        queue.job("acme", job.job_id)


def test_a_job_finished_after_its_document_was_deleted_shows_nothing(catalog: Catalog, queue: JobQueue) -> None:
    catalog.add_upload(SCOPE, upload())
    task = claim(queue)
    catalog.delete_document("acme", task.document_id)
    assert not finish(queue, task)
    assert catalog.visible("acme", frozenset({task.version_id})) == frozenset()


def test_bytes_that_another_document_needs_are_not_unused(catalog: Catalog, queue: JobQueue) -> None:
    catalog.add_upload(SCOPE, upload("a.txt"))
    catalog.add_upload(SCOPE, upload("b.txt"))
    first = claim(queue)
    catalog.delete_document("acme", first.document_id)
    assert [purge.blob_unused for purge in catalog.purges()] == [False]


def test_another_tenants_ids_are_unknown(catalog: Catalog) -> None:
    document, _ = catalog.add_upload(SCOPE, upload())
    with pytest.raises(UnknownDocumentError):
        catalog.document("other", document.document_id)
    with pytest.raises(UnknownDocumentError):
        catalog.delete_document("other", document.document_id)
    assert catalog.documents("other") == []


def test_a_job_left_running_by_a_killed_process_is_taken_up_again(catalog: Catalog, queue: JobQueue) -> None:
    catalog.add_upload(SCOPE, upload())
    assert claim(queue).attempt == 1
    assert queue.claim() is None
    assert queue.requeue_running() == 1
    assert claim(queue).attempt == 2


def test_jobs_are_taken_in_the_order_they_came(catalog: Catalog, queue: JobQueue) -> None:
    names = ["b.txt", "a.txt", "c.txt"]
    for name in names:
        catalog.add_upload(SCOPE, upload(name))
    assert [claim(queue).name for _ in names] == names


def test_the_list_can_be_limited_to_a_collection(catalog: Catalog) -> None:
    catalog.add_upload(SCOPE, upload())
    assert catalog.documents("acme", collection="letters") == []
    assert len(catalog.documents("acme", collection="manuals")) == 1
