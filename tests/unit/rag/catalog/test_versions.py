from dataclasses import replace

import pytest

from rag.catalog.database.records import JobStage, JobState, VersionState
from rag.errors import ConflictError, UnknownDocumentError, UnknownVersionError
from tests.support.builders.register import FAILURE, SCOPE, Register
from tests.support.fakes.clock import Clock


def test_an_upload_is_a_document_with_a_waiting_job(register: Register) -> None:
    document, job = register.upload()
    assert document.state is VersionState.PROCESSING
    assert (job.state, job.stage) == (JobState.QUEUED, JobStage.PARSING)
    assert register.catalog.documents("acme") == [document]
    assert register.catalog.collections("acme") == {"manuals": 1}


def test_a_version_is_visible_from_the_moment_its_job_is_finished(register: Register) -> None:
    register.upload()
    task = register.claim()
    assert register.visible(task) == []
    register.publish(task)
    assert register.visible(task) == [task]
    for elsewhere in (replace(SCOPE, tenant="other"), replace(SCOPE, collection="other")):
        assert register.catalog.visible(elsewhere, frozenset({task.version_id})) == frozenset()
    document = register.catalog.document("acme", task.document_id)
    assert (document.state, document.title, document.chunk_count) == (VersionState.READY, "A", 5)


def test_a_new_version_replaces_the_old_one_in_one_step_and_the_old_one_is_kept(register: Register) -> None:
    first = register.take_in("1")
    document, _ = register.upload(content="2")
    assert document.document_id == first.document_id
    second = register.claim()
    assert register.visible(first, second) == [first]
    register.publish(second)
    assert register.visible(first, second) == [second]
    versions = register.catalog.versions("acme", document.document_id)
    assert [(version.number, version.is_active) for version in versions] == [(2, True), (1, False)]
    [purge] = register.purge_all()
    assert (purge.version_id, purge.index_only) == (first.version_id, True)


def test_versions_beyond_those_kept_are_given_up_the_oldest_first(register: Register) -> None:
    tasks = [register.take_in(content) for content in "12345"]
    versions = register.catalog.versions("acme", tasks[0].document_id)
    assert [version.number for version in versions] == [5, 4, 3]
    gone = {purge.version_id for purge in register.purge_all() if not purge.index_only}
    assert gone == {tasks[0].version_id, tasks[1].version_id}


def test_the_same_bytes_again_cost_nothing(register: Register) -> None:
    _, job = register.upload()
    assert register.upload()[1].job_id == job.job_id
    register.publish(register.claim())
    assert register.upload()[1].state is JobState.SUCCEEDED
    assert register.queue.claim("w") is None


def test_the_bytes_of_an_older_version_bring_it_back_without_parsing(register: Register) -> None:
    first, second = register.take_in("1"), register.take_in("2")
    register.purge_all()
    _, job = register.upload(content="1")
    assert (job.version_id, job.stage) == (first.version_id, JobStage.INDEXING)
    register.publish(register.claim())
    assert register.visible(first, second) == [first]


def test_an_older_version_can_be_activated_again(register: Register) -> None:
    first, second = register.take_in("1"), register.take_in("2")
    register.purge_all()
    job = register.uploads.activate("acme", first.document_id, first.version_id)
    assert register.uploads.activate("acme", first.document_id, first.version_id).job_id == job.job_id
    task = register.claim()
    assert (task.version_id, task.stage) == (first.version_id, JobStage.INDEXING)
    assert register.visible(first, second) == [second]
    register.publish(task)
    assert register.visible(first, second) == [first]
    [purge] = register.purge_all()
    assert (purge.version_id, purge.index_only) == (second.version_id, True)


def test_activating_the_active_version_does_nothing(register: Register) -> None:
    task = register.take_in("1")
    job = register.uploads.activate("acme", task.document_id, task.version_id)
    assert (job.job_id, job.state) == (task.job_id, JobState.SUCCEEDED)


def test_only_a_ready_version_of_a_known_document_can_be_activated(register: Register) -> None:
    task = register.take_in("1")
    _, job = register.upload(content="2")
    with pytest.raises(ConflictError, match="processing"):
        register.uploads.activate("acme", task.document_id, job.version_id)
    with pytest.raises(UnknownVersionError):
        register.uploads.activate("acme", task.document_id, "nope")
    with pytest.raises(UnknownDocumentError):
        register.uploads.activate("other", task.document_id, task.version_id)


def test_a_return_waits_until_the_old_points_are_purged(register: Register) -> None:
    first = register.take_in("1")
    register.take_in("2")
    register.uploads.activate("acme", first.document_id, first.version_id)
    assert register.queue.claim("w") is None
    register.purge_all()
    assert register.claim().version_id == first.version_id


def test_a_version_that_is_ready_after_a_newer_one_does_not_replace_it(register: Register) -> None:
    register.upload(content="1")
    slow = register.claim("w1")
    register.upload(content="2")
    quick = register.publish(register.claim("w2"))
    register.publish(slow)
    assert register.visible(slow, quick) == [quick]
    assert [(purge.version_id, purge.index_only) for purge in register.purge_all()] == [(slow.version_id, True)]


def test_what_was_asked_for_last_stays_also_when_it_is_an_older_version(register: Register) -> None:
    first, second = register.take_in("1"), register.take_in("2")
    register.purge_all()
    register.upload(content="3")
    third = register.claim("w1")
    register.uploads.activate("acme", first.document_id, first.version_id)
    register.publish(register.claim("w2"))
    register.publish(third)
    assert register.visible(first, second, third) == [first]


def test_a_failed_update_leaves_the_old_version_visible(register: Register) -> None:
    first = register.take_in("1")
    _, job = register.upload(content="2")
    register.queue.fail(register.claim(), FAILURE)
    document = register.catalog.document("acme", first.document_id)
    assert (document.state, document.failure) == (VersionState.READY, FAILURE)
    assert register.visible(first) == [first]
    assert register.board.job("acme", job.job_id).failure == FAILURE


def test_what_failed_can_be_uploaded_again(register: Register) -> None:
    register.upload()
    register.queue.fail(register.claim(), FAILURE)
    document, job = register.upload()
    assert (document.state, document.failure, job.state) == (VersionState.PROCESSING, None, JobState.QUEUED)


def test_the_active_version_can_be_put_into_the_index_again(register: Register) -> None:
    task = register.take_in("1")
    assert register.uploads.reindex(task.version_id, from_stage=JobStage.INDEXING)
    again = register.claim()
    assert (again.version_id, again.stage) == (task.version_id, JobStage.INDEXING)
    register.publish(again)
    assert register.visible(task) == [task]
    assert register.purge_all() == []
    assert not register.uploads.reindex("nope", from_stage=JobStage.PARSING)


def test_a_newer_version_is_not_held_back_by_a_reindex(register: Register) -> None:
    first = register.take_in("1")
    register.upload(content="2")
    second = register.claim()
    register.uploads.reindex(first.version_id, from_stage=JobStage.INDEXING)
    register.publish(second)
    register.purge_all()
    register.publish(register.claim())
    assert register.visible(first, second) == [second]


def test_another_tenants_ids_are_unknown(register: Register) -> None:
    document, _ = register.upload()
    with pytest.raises(UnknownDocumentError):
        register.catalog.document("other", document.document_id)
    with pytest.raises(UnknownDocumentError):
        register.catalog.versions("other", document.document_id)
    with pytest.raises(UnknownDocumentError):
        register.deletions.delete_document("other", document.document_id)
    assert register.catalog.documents("other") == []


def test_the_list_can_be_limited_to_a_collection(register: Register) -> None:
    register.upload()
    assert register.catalog.documents("acme", collection="letters") == []
    assert len(register.catalog.documents("acme", collection=SCOPE.collection)) == 1


def test_an_upload_counts_as_the_later_one_also_when_the_clock_was_set_back(register: Register, clock: Clock) -> None:
    first = register.take_in("1")
    clock.advance(-3_600)
    second = register.take_in("2")
    assert register.visible(first, second) == [second]
    assert not register.job(second).superseded
    register.purge_all()
    clock.advance(-3_600)
    register.uploads.activate("acme", first.document_id, first.version_id)
    register.publish(register.claim())
    assert register.visible(first, second) == [first]


def test_with_the_clock_set_back_the_upload_that_came_last_is_the_one_to_come(register: Register, clock: Clock) -> None:
    register.upload(content="1")
    clock.advance(-3_600)
    _, second = register.upload(content="2")
    assert register.upload(content="2")[1].job_id == second.job_id
    register.publish(register.claim())
    register.publish(register.claim())
    assert register.catalog.document("acme", second.document_id).active_version_id == second.version_id


def test_a_job_that_changed_nothing_says_so(register: Register) -> None:
    register.upload(content="1")
    slow = register.claim("w1")
    register.upload(content="2")
    quick = register.publish(register.claim("w2"))
    register.publish(slow)
    job = register.job(slow)
    assert (job.state, job.superseded, job.active_version_number) == (JobState.SUCCEEDED, True, 2)
    assert not register.job(quick).superseded


def test_a_job_is_taken_up_at_once_also_when_the_clock_was_set_back_after_it_was_queued(
    register: Register, clock: Clock
) -> None:
    _, job = register.upload()
    clock.advance(-3_600)
    assert register.claim().job_id == job.job_id
