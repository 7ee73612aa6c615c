"""Lists are read page by page: changes between two pages neither hide a row that stays nor repeat it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from rag.catalog.database.records import JobState
from tests.support.builders.register import FAILURE, SCOPE, Register
from tests.support.fakes.clock import Clock

NAMES = [f"{letter}.txt" for letter in "cadbe"]


def all_documents(register: Register, size: int, collection: str | None = None) -> list[str]:
    found: list[tuple[str, str]] = []
    while True:
        after = found[-1] if found else None
        page = register.catalog.documents("acme", collection=collection, after=after, limit=size)
        found += [(each.scope.collection, each.name) for each in page]
        if len(page) < size:
            return [name for _, name in found]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_documents_come_by_collection_and_name_whatever_the_pages_size(register: Register, size: int) -> None:
    for name in NAMES:
        register.upload(name, name)
        register.upload(name, name, replace(SCOPE, collection="letters"))
    register.upload("theirs.txt", "1", replace(SCOPE, tenant="other"))
    assert all_documents(register, size) == sorted(NAMES) * 2
    assert all_documents(register, size, "letters") == sorted(NAMES)


def test_a_document_that_changes_or_goes_between_two_pages_moves_no_other(register: Register, clock: Clock) -> None:
    ids = {name: register.upload(name, name)[0].document_id for name in NAMES}
    first = register.catalog.documents("acme", limit=2)
    clock.advance(1)
    register.upload("a.txt", "a changed text")
    register.upload("e.txt", "another changed text")
    register.upload("aa.txt", "a new one before the page's end")
    register.deletions.delete_document("acme", ids["b.txt"])
    after = (first[-1].scope.collection, first[-1].name)
    rest = register.catalog.documents("acme", after=after, limit=10)
    assert [each.name for each in (*first, *rest)] == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]


def test_jobs_are_read_whole_while_they_run_and_others_come(register: Register, clock: Clock) -> None:
    jobs = [register.upload(name, name)[1].job_id for name in NAMES]
    found: list[str] = []
    after: tuple[datetime, str] | None = None
    while page := register.board.jobs("acme", after=after, limit=2):
        found += [job.job_id for job in page]
        after = (page[-1].created_at, page[-1].job_id)
        register.queue.fail(register.claim(), FAILURE)
        clock.advance(1)
        register.upload(f"{len(found)}.txt", str(len(found)))
    assert sorted(found) == sorted(jobs)


def test_a_filter_holds_on_every_page(register: Register) -> None:
    for name in NAMES:
        register.upload(name, name)
    register.queue.fail(register.claim(), FAILURE)
    [first] = register.board.jobs("acme", state=JobState.QUEUED, limit=1)
    rest = register.board.jobs("acme", state=JobState.QUEUED, after=(first.created_at, first.job_id))
    assert len(rest) == 3
    assert {job.state for job in rest} == {JobState.QUEUED}
    assert all(job.position for job in rest)
