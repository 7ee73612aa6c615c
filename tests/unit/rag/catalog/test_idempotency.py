import pytest

from rag.catalog.idempotency import RequestKey
from rag.errors import ConflictError, IdempotencyMismatchError
from tests.support.builders.register import Register
from tests.support.fakes.clock import Clock

KEY = RequestKey(tenant="acme", key="k1", fingerprint="f1")


def test_the_same_request_again_gets_the_same_document_and_job(register: Register) -> None:
    register.keys.begin("acme", "k1")
    document, job = register.upload(request=KEY)
    register.publish(register.claim())
    register.upload(content="2")  # the document has a newer version by now
    register.keys.begin("acme", "k1")
    again, same = register.upload(request=KEY)
    assert (again.document_id, same.job_id) == (document.document_id, job.job_id)


def test_the_same_key_for_something_else_is_refused_and_stores_nothing(register: Register) -> None:
    register.upload(request=KEY)
    with pytest.raises(IdempotencyMismatchError):
        register.upload("b.txt", "2", request=RequestKey(tenant="acme", key="k1", fingerprint="f2"))
    assert [document.name for document in register.catalog.documents("acme")] == ["a.txt"]


def test_two_requests_at_the_same_time_conflict(register: Register) -> None:
    register.keys.begin("acme", "k1")
    with pytest.raises(ConflictError):
        register.keys.begin("acme", "k1")
    register.keys.begin("other", "k1")


def test_the_key_of_a_request_that_came_to_nothing_is_free_again(register: Register) -> None:
    register.keys.begin("acme", "k1")
    register.keys.abandon("acme", "k1")
    register.keys.begin("acme", "k1")
    register.upload(request=KEY)
    register.keys.abandon("acme", "k1")  # it has its result: nothing to free
    with pytest.raises(IdempotencyMismatchError):
        register.upload(request=RequestKey(tenant="acme", key="k1", fingerprint="f2"))


def test_the_key_of_a_request_whose_process_died_is_free_after_a_while(register: Register, clock: Clock) -> None:
    register.keys.begin("acme", "k1")
    clock.advance(16 * 60)
    register.keys.begin("acme", "k1")


def test_a_deleted_document_is_not_brought_back_by_its_key(register: Register) -> None:
    document, _ = register.upload(request=KEY)
    register.deletions.delete_document("acme", document.document_id)
    with pytest.raises(ConflictError, match="deleted"):
        register.upload(request=KEY)


def test_keys_are_forgotten_after_a_day(register: Register, clock: Clock) -> None:
    register.upload(request=KEY)
    clock.advance(25 * 3600)
    register.keys.remove_old()
    assert register.upload("b.txt", "2", request=RequestKey(tenant="acme", key="k1", fingerprint="f2"))
