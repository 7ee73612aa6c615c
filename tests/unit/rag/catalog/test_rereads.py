"""Documents that an older parser read are queued to be read again, and keep what they have until that is published."""

from dataclasses import replace

import pytest

from ingest.parsing import PARSER_VERSION
from rag.catalog.database.records import IndexedVersion, JobState, Task, VersionState
from rag.catalog.documents import take_census
from rag.catalog.jobs import LeaseLostError
from rag.errors import ConflictError
from tests.support.builders.register import FAILURE, SCOPE, Register
from tests.support.fakes.clock import Clock

SAME = IndexedVersion(title="A", page_count=2, chunk_count=5, warnings=("A warning of the new parser",))


def numbers(register: Register, task: Task) -> list[tuple[int, bool]]:
    versions = register.catalog.versions("acme", task.document_id)
    return [(version.number, version.is_active) for version in versions]


def counts(register: Register, collection: str | None = None) -> tuple[int, int, int]:
    state = register.rereads.state("acme", collection)
    assert state.parser_version == PARSER_VERSION
    return state.documents, state.outdated, state.in_work


def ignore() -> None:
    pass


def test_documents_are_counted_by_the_parser_that_read_them(register: Register) -> None:
    register.take_in_outdated("1")
    register.take_in("2", "b.txt")
    register.upload("c.txt", "3")
    assert counts(register) == (2, 1, 0)
    assert counts(register, "manuals") == (2, 1, 0)
    assert counts(register, "letters") == (0, 0, 0)
    assert register.rereads.state("other").documents == 0


def test_the_active_version_answers_until_the_new_reading_of_its_bytes_is_published(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.rereads.queue("acme")
    assert counts(register) == (1, 1, 1)
    document = register.catalog.document("acme", old.document_id)
    assert (document.state, document.version_id) == (VersionState.READY, old.version_id)
    new = register.claim()
    assert (new.sha256, new.reads_again, new.number) == ("1", old.version_id, 2)
    assert register.visible(old, new) == [old]
    register.queue.begin_indexing(new, chunks_done=0, chunks_total=5, page_count=2, parser_version=PARSER_VERSION)
    register.publish(new)
    assert register.visible(old, new) == [new]
    assert numbers(register, old) == [(2, True), (1, False)]
    assert counts(register) == (1, 0, 0)
    [purge] = register.purge_all()
    assert (purge.version_id, purge.index_only) == (old.version_id, True)
    versions = register.catalog.versions("acme", old.document_id)
    assert [version.parser_version for version in versions] == [PARSER_VERSION, PARSER_VERSION - 1]


def test_a_second_call_queues_nothing_and_other_tenants_and_collections_are_left_alone(register: Register) -> None:
    register.take_in_outdated("1")
    register.upload("b.txt", "2", replace(SCOPE, collection="letters"))
    letter = register.publish(register.claim())
    register.upload("c.txt", "3", replace(SCOPE, tenant="other"))
    theirs = register.publish(register.claim())
    register.read_by_older_parser(letter.version_id, theirs.version_id)
    for _ in range(2):
        register.rereads.queue("acme", "manuals")
    assert counts(register) == (2, 2, 1)
    assert register.rereads.state("other").in_work == 0
    register.claim()
    register.rereads.queue("acme")
    assert register.claim().document_id == letter.document_id
    assert register.queue.claim("w") is None


def test_a_document_with_another_job_is_left_out(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.upload(content="2")
    register.rereads.queue("acme")
    assert counts(register) == (1, 1, 1)
    register.publish(register.claim())
    assert register.queue.claim("w") is None
    assert numbers(register, old) == [(2, True), (1, False)]


def test_more_documents_than_one_transaction_takes_are_all_queued_once(register: Register) -> None:
    tasks = [register.take_in(str(number), f"{number}.txt") for number in range(205)]
    register.read_by_older_parser(*(task.version_id for task in tasks))
    register.rereads.queue("acme")
    assert counts(register) == (205, 205, 205)
    register.rereads.queue("acme")
    assert len(register.board.jobs("acme", state=JobState.QUEUED, limit=500)) == 205


def test_what_is_uploaded_later_goes_first_and_the_queue_is_not_full(register: Register, clock: Clock) -> None:
    for number in range(3):
        register.take_in_outdated(str(number), f"{number}.txt")
    register.rereads.queue("acme")
    clock.advance(3_600)
    assert register.board.unfinished() == 0
    assert take_census(register.database).oldest_waiting.total_seconds() == 0
    _, job = register.upload("table.csv", "9", size_bytes=300_000)
    assert job.position == 1
    assert {each.name: each.position for each in register.board.jobs("acme", state=JobState.QUEUED)} == {
        "table.csv": 1,
        "0.txt": 2,
        "1.txt": 3,
        "2.txt": 4,
    }
    assert [register.claim().name for _ in range(4)] == ["table.csv", "0.txt", "1.txt", "2.txt"]


def test_a_user_who_uploads_the_bytes_that_are_to_be_read_again_does_not_wait_for_the_others(
    register: Register,
) -> None:
    for number in range(3):
        register.take_in_outdated(str(number), f"{number}.txt")
    register.rereads.queue("acme")
    _, job = register.upload("2.txt", "2")
    assert (job.position, job.state) == (1, JobState.QUEUED)
    assert register.claim().name == "2.txt"
    assert counts(register) == (3, 3, 3)


def test_bytes_that_an_older_parser_read_are_read_again_when_they_are_uploaded_again(register: Register) -> None:
    old = register.take_in_outdated("1")
    _, job = register.upload(content="1")
    assert job.version_id != old.version_id
    task = register.claim()
    assert task.reads_again == old.version_id
    register.publish(task)
    assert register.upload(content="1")[1].job_id == task.job_id
    register.take_in("2")
    register.read_by_older_parser(task.version_id)
    assert register.upload(content="1")[1].version_id not in {old.version_id, task.version_id}


def test_a_version_that_was_uploaded_later_stays_when_the_reading_is_ready(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.rereads.queue("acme")
    reading = register.claim()
    register.upload(content="2")
    newer = register.publish(register.claim())
    register.publish(reading)
    assert register.visible(old, reading, newer) == [newer]
    assert register.job(reading).superseded


def test_a_file_that_is_refused_now_keeps_its_old_version_and_says_why(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.rereads.queue("acme")
    register.queue.fail(register.claim(), FAILURE)
    document = register.catalog.document("acme", old.document_id)
    assert (document.state, document.version_id, document.failure) == (VersionState.READY, old.version_id, FAILURE)
    assert counts(register) == (1, 1, 0)
    register.rereads.queue("acme")
    assert register.catalog.document("acme", old.document_id).failure is None
    assert [number for number, _ in numbers(register, old)] == [3, 1]


def test_a_cancelled_reading_leaves_the_version_there_was(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.rereads.queue("acme")
    [job] = register.board.jobs("acme", state=JobState.QUEUED)
    register.board.cancel("acme", job.job_id)
    assert numbers(register, old) == [(1, True)]


def test_a_document_that_is_deleted_while_it_is_read_again_is_gone(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.rereads.queue("acme")
    new = register.claim()
    with pytest.raises(ConflictError, match="active"):
        register.deletions.delete_version("acme", register.catalog.document("acme", old.document_id), old.version_id)
    register.deletions.delete_document("acme", old.document_id)
    with pytest.raises(LeaseLostError):
        register.publish(new)
    with pytest.raises(LeaseLostError):
        register.queue.keep_active_version(new, SAME, parser_version=PARSER_VERSION, move_text=ignore)
    register.queue.abandon_job(new)
    assert {purge.version_id for purge in register.purge_all()} == {old.version_id, new.version_id}
    assert counts(register) == (0, 0, 0)


def test_a_file_that_reads_as_before_keeps_its_version(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.rereads.queue("acme")
    state = register.catalog.state(SCOPE)
    new = register.claim()
    moved: list[str] = []
    kept = register.queue.keep_active_version(
        new, SAME, parser_version=PARSER_VERSION, move_text=lambda: moved.append(new.version_id)
    )
    assert (kept, moved) == (True, [new.version_id])
    assert numbers(register, old) == [(1, True)]
    document = register.catalog.document("acme", old.document_id)
    assert (document.parser_version, document.warnings) == (PARSER_VERSION, SAME.warnings)
    job = register.job(new)
    assert (job.state, job.version_id, job.progress) == (JobState.SUCCEEDED, old.version_id, 1.0)
    assert register.purge_all() == []
    assert register.catalog.state(SCOPE) == state
    assert register.upload(content="1")[1].job_id == new.job_id


def test_nothing_is_kept_in_place_of_a_version_that_is_no_longer_active(register: Register) -> None:
    register.take_in_outdated("1")
    register.rereads.queue("acme")
    reading = register.claim()
    register.upload(content="2")
    register.publish(register.claim())
    assert not register.queue.keep_active_version(reading, SAME, parser_version=PARSER_VERSION, move_text=ignore)


def test_readings_do_not_push_out_what_was_uploaded(register: Register) -> None:
    uploads = [register.take_in(content) for content in "123"]
    readings = []
    for _ in range(4):
        active = register.catalog.document("acme", uploads[0].document_id).version_id
        register.read_by_older_parser(active)
        register.rereads.queue("acme")
        register.purge_all()
        readings.append(register.publish(register.claim()))
    assert [number for number, _ in numbers(register, uploads[0])] == [7, 6, 5, 2, 1]
    fourth = register.take_in("4")
    assert [number for number, _ in numbers(register, fourth)] == [8, 7, 6, 5, 2]


def test_versions_of_a_lost_catalogue_come_back_with_the_parser_that_read_them(register: Register) -> None:
    old = register.take_in_outdated("1")
    register.rereads.queue("acme")
    new = register.publish(register.claim())
    labels = sorted(register.catalog.labels(), key=lambda label: label.number)
    register.deletions.delete_document("acme", old.document_id)
    for label in labels:
        register.uploads.adopt(label)
    versions = register.catalog.versions("acme", old.document_id)
    assert [(each.version_id, each.parser_version) for each in versions] == [
        (new.version_id, PARSER_VERSION),
        (old.version_id, PARSER_VERSION - 1),
    ]
