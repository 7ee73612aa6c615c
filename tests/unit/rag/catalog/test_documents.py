from datetime import timedelta

from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobStage, JobState
from rag.catalog.documents import take_census
from rag.types import Scope
from tests.support.builders.register import FAILURE, SCOPE, Register
from tests.support.fakes.clock import Clock

OTHER = Scope(tenant="acme", collection="minutes")


def test_a_scope_in_which_nothing_was_ever_visible_has_the_empty_state(register: Register) -> None:
    assert register.catalog.state(SCOPE) == ""


def test_every_change_of_what_is_visible_gives_a_state_that_never_was(register: Register) -> None:
    states = [register.catalog.state(SCOPE)]

    def changed() -> bool:
        states.append(register.catalog.state(SCOPE))
        return len(set(states)) == len(states)

    first = register.take_in("1")
    assert changed()
    register.take_in("2")
    assert changed()
    register.purge_all()
    register.uploads.activate("acme", first.document_id, first.version_id)
    register.publish(register.claim())
    assert changed()
    register.deletions.delete_document("acme", first.document_id)
    assert changed()
    register.take_in("1")
    assert changed()
    register.deletions.delete_collection(SCOPE)
    assert changed()
    register.take_in("1")
    assert changed()


def test_what_is_not_visible_yet_or_no_longer_changes_nothing(register: Register) -> None:
    first = register.take_in("1")
    register.take_in("2")
    state = register.catalog.state(SCOPE)
    register.upload(content="3")
    register.queue.fail(register.claim(), FAILURE)
    register.purge_all()
    document = register.catalog.document("acme", first.document_id)
    register.deletions.delete_version("acme", document, first.version_id)
    assert register.catalog.state(SCOPE) == state


def test_scopes_have_states_of_their_own(register: Register) -> None:
    register.take_in("1")
    state = register.catalog.state(SCOPE)
    register.upload("b.txt", "2", scope=OTHER)
    register.publish(register.claim())
    assert register.catalog.state(SCOPE) == state
    assert register.catalog.state(OTHER) not in {"", state}


def test_a_version_that_is_indexed_again_gives_a_new_state(register: Register) -> None:
    first = register.take_in("1")
    state = register.catalog.state(SCOPE)
    register.uploads.reindex(first.version_id, from_stage=JobStage.INDEXING)
    register.publish(register.claim())
    assert register.catalog.state(SCOPE) != state


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
