"""A job's record has its place in the queue and the number of the document's active version."""

from dataclasses import replace

from sqlalchemy import event

from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobState
from tests.support.builders.register import FAILURE, SCOPE, Register
from tests.support.fakes.clock import Clock


def positions(register: Register) -> dict[str, int | None]:
    return {job.name: job.position for job in register.board.jobs("acme")}


def test_waiting_jobs_have_a_position_and_move_up_when_one_is_taken(register: Register) -> None:
    jobs = [register.upload(name, name)[1] for name in ("b.txt", "a.txt", "c.txt")]
    assert positions(register) == {"b.txt": 1, "a.txt": 2, "c.txt": 3}
    task = register.claim()
    assert positions(register) == {"b.txt": None, "a.txt": 1, "c.txt": 2}
    assert register.board.job("acme", jobs[2].job_id).position == 2
    register.publish(task)
    register.board.cancel("acme", jobs[1].job_id)
    assert positions(register) == {"b.txt": None, "a.txt": None, "c.txt": 1}


def test_a_position_says_who_is_taken_next(register: Register) -> None:
    for name in ("b.txt", "a.txt", "c.txt"):
        register.upload(name, name)
    while waiting := {name: position for name, position in positions(register).items() if position is not None}:
        assert waiting[register.claim().name] == 1


def test_a_job_that_was_put_off_is_behind_those_that_may_be_taken_until_its_time_comes(
    register: Register, clock: Clock
) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        register.upload(name, name)
    delay = register.queue.postpone(register.claim(), FAILURE, counts=True)
    assert positions(register) == {"b.txt": 1, "c.txt": 2, "a.txt": 3}
    clock.advance(delay.total_seconds())
    assert positions(register) == {"a.txt": 1, "b.txt": 2, "c.txt": 3}


def test_a_retried_job_goes_to_the_end_of_the_queue(register: Register, clock: Clock) -> None:
    _, job = register.upload("a.txt", "a")
    register.queue.fail(register.claim(), FAILURE)
    register.upload("b.txt", "b")
    clock.advance(1)
    assert register.board.retry("acme", job.job_id).position == 2


def test_a_place_counts_the_jobs_of_its_tenant_and_filters_do_not_shorten_it(register: Register) -> None:
    register.upload("theirs.txt", "1", replace(SCOPE, tenant="other"))
    register.upload("letter.txt", "2", replace(SCOPE, collection="letters"))
    register.upload("a.txt", "3")
    assert positions(register) == {"letter.txt": 1, "a.txt": 2}
    [listed] = register.board.jobs("acme", collection="manuals", state=JobState.QUEUED, limit=1)
    assert listed.position == 2


def test_a_list_takes_one_query_however_long_it_is(register: Register, database: Database) -> None:
    statements: list[str] = []
    event.listen(
        database._engine,  # noqa: SLF001 - the only place that sees every statement
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    for number in range(5):
        register.upload(f"{number}.txt", str(number))
    statements.clear()
    assert len(register.board.jobs("acme")) == 5
    assert len(statements) == 1


def test_a_job_names_the_version_that_answers_meanwhile_and_after_a_failure(register: Register) -> None:
    _, first = register.upload(content="1")
    assert first.active_version_number is None
    assert register.board.job("acme", first.job_id).active_version_number is None
    task = register.publish(register.claim())
    assert register.board.job("acme", first.job_id).active_version_number == 1
    _, update = register.upload(content="2")
    register.queue.fail(register.claim(), FAILURE)
    failed = register.board.job("acme", update.job_id)
    assert (failed.state, failed.active_version_number) == (JobState.FAILED, 1)
    register.deletions.delete_document("acme", task.document_id)
    assert register.board.job("acme", update.job_id).active_version_number is None


def test_a_running_job_shows_that_it_was_asked_to_be_cancelled(register: Register) -> None:
    _, job = register.upload()
    task = register.claim()
    assert not register.board.job("acme", job.job_id).cancel_requested
    assert register.board.cancel("acme", job.job_id).cancel_requested
    register.queue.fail(task, FAILURE)
    assert not register.board.retry("acme", job.job_id).cancel_requested
