from datetime import timedelta

import pytest

from rag.catalog.database.records import DeletionKind, JobState
from rag.catalog.jobs import LeaseLostError
from rag.errors import ConflictError, UnknownCollectionError, UnknownReceiptError, UnknownVersionError
from rag.types import Scope
from tests.support.builders.register import SCOPE, Register
from tests.support.fakes.clock import Clock


def test_a_deleted_document_is_invisible_at_once_and_its_receipt_ends_with_the_purge(register: Register) -> None:
    first, second = register.take_in("1"), register.take_in("2")
    register.purge_all()
    receipt = register.deletions.delete_document("acme", first.document_id)
    assert register.visible(first, second) == []
    assert register.catalog.documents("acme") == []
    assert (receipt.kind, receipt.name, receipt.finished_at) == (DeletionKind.DOCUMENT, "a.txt", None)
    assert {purge.version_id for purge in receipt.purges} == {first.version_id, second.version_id}
    register.purge_all()
    ended = register.deletions.receipt("acme", receipt.receipt_id)
    assert ended.finished_at is not None
    for purge in ended.purges:
        steps = (purge.index_at, purge.caches_at, purge.text_at, purge.original_at, purge.finished_at)
        assert all(step is not None and step >= receipt.requested_at for step in steps)
    assert register.deletions.pending() == []


def test_bytes_that_another_document_has_stay_and_the_receipt_says_so(register: Register) -> None:
    first = register.take_in("1", "a.txt")
    register.take_in("1", "b.txt")
    receipt = register.deletions.delete_document("acme", first.document_id)
    register.purge_all()
    [purge] = register.deletions.receipt("acme", receipt.receipt_id).purges
    assert (purge.original_at, purge.original_shared) == (None, True)


def test_a_job_in_work_ends_and_whoever_had_it_can_say_nothing_more(register: Register) -> None:
    _, job = register.upload()
    task = register.claim()
    register.deletions.delete_document("acme", task.document_id)
    ended = register.board.job("acme", job.job_id)
    assert ended.failure is not None
    assert (ended.state, ended.failure.code) == (JobState.CANCELLED, "deleted")
    with pytest.raises(LeaseLostError):
        register.publish(task)
    assert register.visible(task) == []


def test_nothing_is_purged_that_a_worker_may_still_write(register: Register, clock: Clock) -> None:
    register.upload()
    task = register.claim()
    register.deletions.delete_document("acme", task.document_id)
    assert register.deletions.pending() == []
    register.queue.abandon_job(task)
    assert len(register.deletions.pending()) == 1
    register.upload("b.txt", "2")
    silent = register.claim()
    register.deletions.delete_document("acme", silent.document_id)
    clock.advance(31)
    assert len(register.deletions.pending()) == 2


def test_an_inactive_version_can_be_deleted_alone(register: Register) -> None:
    first, second = register.take_in("1"), register.take_in("2")
    register.purge_all()
    document = register.catalog.document("acme", first.document_id)
    with pytest.raises(ConflictError, match="active"):
        register.deletions.delete_version("acme", document, second.version_id)
    receipt = register.deletions.delete_version("acme", document, first.version_id)
    assert [purge.version_id for purge in receipt.purges] == [first.version_id]
    assert [version.number for version in register.catalog.versions("acme", first.document_id)] == [2]
    with pytest.raises(UnknownVersionError):
        register.deletions.delete_version("acme", document, first.version_id)


def test_a_version_in_work_cannot_be_deleted(register: Register) -> None:
    document, job = register.upload()
    with pytest.raises(ConflictError, match="Cancel"):
        register.deletions.delete_version("acme", document, job.version_id)


def test_a_deleted_collection_takes_everything_in_it_and_nothing_else(register: Register) -> None:
    inside = [register.take_in("1", "a.txt"), register.take_in("2", "b.txt")]
    other = Scope(tenant="acme", collection="letters")
    register.upload("c.txt", "3", other)
    outside = register.publish(register.claim())
    receipt = register.deletions.delete_collection(SCOPE)
    assert register.visible(*inside, outside) == [outside]
    assert register.catalog.collections("acme") == {"letters": 1}
    assert len(receipt.purges) == 2
    with pytest.raises(UnknownCollectionError):
        register.deletions.delete_collection(SCOPE)


def test_an_empty_collection_leaves_a_finished_receipt(register: Register) -> None:
    task = register.take_in("1")
    register.deletions.delete_document("acme", task.document_id)
    assert register.deletions.delete_collection(SCOPE).finished_at is not None


def test_another_tenants_receipt_is_unknown(register: Register) -> None:
    task = register.take_in("1")
    receipt = register.deletions.delete_document("acme", task.document_id)
    with pytest.raises(UnknownReceiptError):
        register.deletions.receipt("other", receipt.receipt_id)


def test_bytes_uploaded_again_before_the_purge_stay(register: Register) -> None:
    task = register.take_in("1")
    register.deletions.delete_document("acme", task.document_id)
    register.upload("b.txt", "1")
    [purge] = register.purge_all()
    assert register.deletions.pending() == []
    assert purge.sha256 == "1"
    assert register.catalog.blobs_in_use() == {"1"}


def test_bytes_are_to_be_erased_once_the_oldest_has_waited_and_the_receipt_says_when(
    register: Register, clock: Clock
) -> None:
    after = timedelta(seconds=30)
    first, second = register.take_in("1", "a.txt"), register.take_in("2", "b.txt")
    receipts = [register.deletions.delete_document("acme", first.document_id)]
    assert register.deletions.to_erase(after=after) == []
    register.purge_all()
    clock.advance(29)
    assert register.deletions.to_erase(after=after) == []
    receipts.append(register.deletions.delete_document("acme", second.document_id))
    register.purge_all()
    clock.advance(1)
    doomed = register.deletions.to_erase(after=after)
    assert {purge.version_id for purge in doomed} == {first.version_id, second.version_id}
    register.deletions.note_erased(doomed)
    assert register.deletions.to_erase(after=timedelta()) == []
    for receipt in receipts:
        ended = register.deletions.receipt("acme", receipt.receipt_id)
        assert ended.erased_at is not None
        assert ended.finished_at is not None
        assert ended.erased_at > ended.finished_at


def test_a_version_that_is_kept_need_not_be_erased(register: Register) -> None:
    register.take_in("1"), register.take_in("2")
    assert [purge.index_only for purge in register.purge_all()] == [True]
    assert register.deletions.to_erase(after=timedelta()) == []


def test_deleted_bytes_are_erased_in_time_also_when_the_clock_was_set_back(register: Register, clock: Clock) -> None:
    task = register.take_in("1")
    register.deletions.delete_document("acme", task.document_id)
    register.purge_all()
    clock.advance(-3_600)
    assert [purge.version_id for purge in register.deletions.to_erase(after=timedelta(seconds=30))] == [task.version_id]
