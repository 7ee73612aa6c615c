"""The state of a scope: another one whenever what is visible in it changes, and only then."""

from rag.catalog.database.records import JobStage
from rag.types import Scope
from tests.support.builders.register import FAILURE, SCOPE, Register

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
    register.finish(register.claim())
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
    register.finish(register.claim())
    assert register.catalog.state(SCOPE) == state
    assert register.catalog.state(OTHER) not in {"", state}


def test_a_version_that_is_indexed_again_gives_a_new_state(register: Register) -> None:
    first = register.take_in("1")
    state = register.catalog.state(SCOPE)
    register.uploads.reindex(first.version_id, from_stage=JobStage.INDEXING)
    register.finish(register.claim())
    assert register.catalog.state(SCOPE) != state
