from datetime import timedelta

from rag.catalog.census import take_census
from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobState
from tests.support.builders.register import FAILURE, Register
from tests.support.fakes.clock import Clock


def test_an_empty_catalogue_has_every_state_with_no_job(database: Database) -> None:
    census = take_census(database)
    assert census.jobs == dict.fromkeys(JobState, 0)
    assert (census.documents, census.chunks, census.oldest_waiting) == (0, 0, timedelta(0))


def test_jobs_documents_and_visible_passages_are_counted(database: Database, register: Register, clock: Clock) -> None:
    register.take_in("1")
    register.take_in("2")  # a new version of the same document: the passages of the first are not visible any more
    register.take_in("3", name="b.txt")
    register.upload("torn.txt", "4")
    register.queue.fail(register.claim(), FAILURE)
    register.upload("waits.txt", "5")
    clock.advance(60)
    register.upload("waits-less.txt", "6")
    census = take_census(database)
    assert census.jobs == {
        JobState.QUEUED: 2,
        JobState.RUNNING: 0,
        JobState.SUCCEEDED: 3,
        JobState.FAILED: 1,
        JobState.CANCELLED: 0,
    }
    assert (census.documents, census.chunks) == (2, 10)
    assert timedelta(seconds=60) <= census.oldest_waiting < timedelta(seconds=61)
