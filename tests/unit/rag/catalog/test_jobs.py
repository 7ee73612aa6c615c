import threading
from dataclasses import replace

import pytest

from rag.catalog.claims import MOST_SMALL_CHUNKS
from rag.catalog.database.records import JobStage, JobState, Task
from rag.catalog.jobs import LeaseLostError
from rag.errors import ConflictError, UnknownJobError
from tests.support.builders.register import FAILURE, SCOPE, Register
from tests.support.fakes.clock import Clock

LARGE = 300_000


def test_jobs_are_taken_in_the_order_they_came(register: Register) -> None:
    names = ["b.txt", "a.txt", "c.txt"]
    for name in names:
        register.upload(name, name)
    assert [register.claim().name for _ in names] == names
    assert register.queue.claim("w") is None


def names_taken(register: Register, count: int) -> list[str]:
    return [register.claim().name for _ in range(count)]


def test_small_documents_go_before_larger_ones_until_those_have_waited_for_long(
    register: Register, clock: Clock
) -> None:
    register.upload("table.csv", "1", size_bytes=LARGE)
    register.upload("a.txt", "2")
    register.upload("b.txt", "3")
    assert register.publish(register.claim()).name == "a.txt"
    clock.advance(601)
    register.upload("c.txt", "4")
    assert names_taken(register, 3) == ["table.csv", "b.txt", "c.txt"]


def test_whoever_takes_only_small_ones_leaves_the_larger_to_others(register: Register) -> None:
    register.upload("table.csv", "1", size_bytes=LARGE)
    assert register.queue.claim("w1", small_only=True) is None
    register.upload("a.txt", "2")
    small = register.queue.claim("w1", small_only=True)
    assert small is not None
    assert small.name == "a.txt"
    register.queue.begin_indexing(small, chunks_done=0, chunks_total=MOST_SMALL_CHUNKS + 1, page_count=None)
    register.queue.release(small)
    assert register.queue.claim("w1", small_only=True) is None
    assert names_taken(register, 2) == ["table.csv", "a.txt"]


def test_tenants_take_turns(register: Register, clock: Clock) -> None:
    for number in range(4):
        register.upload(f"a{number}", f"a{number}")
    for number in range(2):
        register.upload(f"b{number}", f"b{number}", replace(SCOPE, tenant="other"))
    taken = []
    for _ in range(6):
        clock.advance(1)
        taken.append(register.publish(register.claim()).name)
    assert taken == ["a0", "b0", "a1", "b1", "a2", "a3"]


def test_the_tenant_with_fewer_running_jobs_goes_first(register: Register, clock: Clock) -> None:
    for number in range(3):
        register.upload(f"a{number}", f"a{number}")
    other = replace(SCOPE, tenant="other")
    register.upload("b0", "b0", other)
    running = register.claim()
    clock.advance(1)
    register.publish(register.claim())  # b0
    register.upload("b1", "b1", other)
    clock.advance(1)
    assert (running.name, register.claim().name) == ("a0", "b1")


def test_a_silent_workers_job_goes_to_another_one_when_its_lease_ends(register: Register, clock: Clock) -> None:
    register.upload()
    first = register.claim("w1")
    clock.advance(29)
    assert register.queue.claim("w2") is None
    clock.advance(2)
    second = register.claim("w2")
    assert (second.job_id, second.attempt) == (first.job_id, 2)


def test_a_worker_takes_no_job_from_itself(register: Register, clock: Clock) -> None:
    register.upload()
    task = register.claim("w1")
    clock.advance(31)
    assert register.queue.claim("w1", own=frozenset({task.job_id})) is None
    assert not register.queue.renew(task)


def test_a_worker_that_is_heard_of_keeps_its_job(register: Register, clock: Clock) -> None:
    register.upload()
    task = register.claim("w1")
    for _ in range(3):
        clock.advance(29)
        assert not register.queue.renew(task)
    assert register.queue.claim("w2") is None


def test_the_fence_refuses_whatever_a_late_worker_says(register: Register, clock: Clock) -> None:
    register.upload()
    late = register.claim("w1")
    clock.advance(31)
    owner = register.claim("w2")
    for attempt in (
        lambda: register.publish(late),
        lambda: register.queue.fail(late, FAILURE),
        lambda: register.queue.renew(late),
        lambda: register.queue.release(late),
        lambda: register.queue.postpone(late, FAILURE, counts=True),
        lambda: register.queue.report_indexing(late, chunks_done=1, pages_done=1),
    ):
        with pytest.raises(LeaseLostError):
            attempt()
    register.publish(owner)
    assert register.visible(owner) == [owner]


def test_another_attempt_goes_on_where_the_last_one_stopped(register: Register, clock: Clock) -> None:
    register.upload()
    task = register.claim()
    register.queue.begin_indexing(task, chunks_done=0, chunks_total=9, page_count=3)
    register.queue.report_indexing(task, chunks_done=4, pages_done=2)
    clock.advance(31)
    again = register.claim()
    assert (again.stage, again.chunks_done) == (JobStage.INDEXING, 4)


def test_progress_is_told_in_pages_and_chunks_with_the_time_left(register: Register, clock: Clock) -> None:
    _, job = register.upload()
    assert register.board.job("acme", job.job_id).remaining is None
    task = register.claim()
    register.queue.report_parsing(task, pages_done=2, page_count=4)
    parsing = register.board.job("acme", job.job_id)
    assert (parsing.pages_done, parsing.page_count) == (2, 4)
    assert parsing.progress == pytest.approx(0.05)
    register.queue.begin_indexing(task, chunks_done=0, chunks_total=100, page_count=4)
    clock.advance(10)
    register.queue.report_indexing(task, chunks_done=25, pages_done=1)
    indexing = register.board.job("acme", job.job_id)
    assert (indexing.chunks_done, indexing.chunks_total, indexing.pages_done) == (25, 100, 1)
    assert indexing.remaining is not None
    assert indexing.remaining.total_seconds() == pytest.approx(30, abs=0.1)
    register.publish(task, 100)
    done = register.board.job("acme", job.job_id)
    assert (done.progress, done.remaining, done.state) == (1.0, None, JobState.SUCCEEDED)


@pytest.mark.parametrize(("counts", "attempts"), [(True, 1), (False, 0)])
def test_a_postponed_job_waits_longer_each_time(
    register: Register, clock: Clock, *, counts: bool, attempts: int
) -> None:
    _, job = register.upload()
    delays = []
    for turn in range(1, 9):
        delays.append(register.queue.postpone(register.claim(), FAILURE, counts=counts).total_seconds())
        waiting = register.board.job("acme", job.job_id)
        assert (waiting.state, waiting.attempts, waiting.failure) == (JobState.QUEUED, attempts * turn, FAILURE)
        assert register.queue.claim("w") is None
        clock.advance(delays[-1])
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_released_job_has_used_no_attempt(register: Register) -> None:
    register.upload()
    register.queue.release(register.claim())
    assert register.claim().attempt == 1


def test_what_ran_when_the_only_worker_died_is_taken_back_at_once(register: Register) -> None:
    register.upload()
    dead = register.claim()
    assert register.queue.requeue_running() == 1
    assert register.claim().attempt == 2
    with pytest.raises(LeaseLostError):
        register.queue.renew(dead)


def test_a_waiting_job_is_cancelled_at_once_and_its_document_gone(register: Register) -> None:
    document, job = register.upload()
    assert register.board.cancel("acme", job.job_id).state is JobState.CANCELLED
    assert register.queue.claim("w") is None
    assert register.catalog.documents("acme") == []
    assert [purge.document_id for purge in register.purge_all()] == [document.document_id]


def test_a_running_job_is_told_to_stop_by_its_lease(register: Register) -> None:
    _, job = register.upload()
    task = register.claim()
    assert register.board.cancel("acme", job.job_id).state is JobState.RUNNING
    assert register.queue.renew(task)
    register.queue.end_cancelled(task)
    ended = register.board.job("acme", job.job_id)
    assert ended.failure is not None
    assert (ended.state, ended.failure.code) == (JobState.CANCELLED, "cancelled")


def test_a_cancelled_update_leaves_the_version_before_it(register: Register) -> None:
    first = register.take_in("1")
    _, job = register.upload(content="2")
    register.board.cancel("acme", job.job_id)
    assert register.visible(first) == [first]
    assert len(register.catalog.versions("acme", first.document_id)) == 1


def test_a_cancelled_return_keeps_both_versions(register: Register) -> None:
    first, second = register.take_in("1"), register.take_in("2")
    register.purge_all()
    job = register.uploads.activate("acme", first.document_id, first.version_id)
    register.board.cancel("acme", job.job_id)
    assert register.visible(first, second) == [second]
    assert len(register.catalog.versions("acme", first.document_id)) == 2


def test_what_has_ended_cannot_be_cancelled(register: Register) -> None:
    task = register.take_in("1")
    with pytest.raises(ConflictError, match="succeeded"):
        register.board.cancel("acme", task.job_id)
    with pytest.raises(UnknownJobError):
        register.board.cancel("other", task.job_id)


def test_a_failed_job_can_be_tried_again_with_all_its_attempts(register: Register) -> None:
    _, job = register.upload()
    register.queue.fail(register.claim(), FAILURE)
    retried = register.board.retry("acme", job.job_id)
    assert (retried.state, retried.attempts, retried.failure) == (JobState.QUEUED, 0, None)
    task = register.publish(register.claim())
    assert register.visible(task) == [task]


def test_only_the_newest_failure_can_be_tried_again(register: Register) -> None:
    _, job = register.upload()
    with pytest.raises(ConflictError, match="queued"):
        register.board.retry("acme", job.job_id)
    register.queue.fail(register.claim(), FAILURE)
    register.upload(content="2")
    with pytest.raises(ConflictError, match="uploaded anew"):
        register.board.retry("acme", job.job_id)


def test_jobs_are_listed_newest_first_and_by_state(register: Register) -> None:
    _, first = register.upload("a.txt", "1")
    _, second = register.upload("b.txt", "2")
    register.queue.fail(register.claim(), FAILURE)
    assert [job.job_id for job in register.board.jobs("acme")] == [second.job_id, first.job_id]
    assert [job.job_id for job in register.board.jobs("acme", state=JobState.FAILED)] == [first.job_id]
    assert register.board.jobs("acme", collection="other") == register.board.jobs("other") == []
    assert register.board.unfinished() == 1


def test_no_two_workers_get_the_same_job(register: Register) -> None:
    for number in range(40):
        register.upload(f"{number}.txt", str(number))
    taken: list[Task] = []

    def work(name: str) -> None:
        while task := register.queue.claim(name):
            taken.append(task)

    workers = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == 40
    assert len({task.job_id for task in taken}) == 40


def test_a_job_shows_the_warnings_about_its_own_version(register: Register) -> None:
    first = register.take_in("1")
    register.upload("a.txt", "2")
    second = register.claim()
    assert register.job(first).warnings == ("w",)
    assert register.job(second).warnings == ()
