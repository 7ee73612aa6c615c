"""FAULTS 47: a row that is edited, deleted or reordered is found, and so is an edit that mends the chain."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, delete, insert, select, update

from rag.catalog.database.connection import Database
from rag.catalog.trail.chain import GENESIS, digest_of_row
from rag.catalog.trail.rows import AUDIT_ANCHORS, AUDIT_EVENTS, AUDIT_TEXTS
from rag.catalog.trail.trail import Trail
from rag.catalog.trail.verification import TrailFault
from tests.support.builders.trail import event
from tests.support.fakes.clock import Clock

ROWS = 6
NUMBER: Column[Any] = AUDIT_EVENTS.c.number


@pytest.fixture
def full(trail: Trail) -> Trail:
    trail.append([event(f"step.{number}") for number in range(1, ROWS + 1)])
    return trail


def change(number: int, **values: object) -> Callable[[Connection], None]:
    return lambda connection: _run(connection, update(AUDIT_EVENTS).where(NUMBER.in_([number])).values(**values))


def remove(*numbers: int) -> Callable[[Connection], None]:
    return lambda connection: _run(connection, delete(AUDIT_EVENTS).where(NUMBER.in_(numbers)))


def exchange(connection: Connection) -> None:
    """Exchanges rows 2 and 5 with all they hold but their numbers."""
    rows = {row["number"]: dict(row) for row in connection.execute(select(AUDIT_EVENTS)).mappings()}
    for number, other in ((2, 5), (5, 2)):
        values = {name: value for name, value in rows[other].items() if name != "number"}
        connection.execute(update(AUDIT_EVENTS).where(NUMBER.in_([number])).values(**values))


def mend(connection: Connection, *, head: bool = False) -> None:
    """Edits row 3 and computes every digest again, as an intruder can who knows the chain's rule."""
    previous = GENESIS
    rows: list[dict[str, Any]] = [
        dict(row) for row in connection.execute(select(AUDIT_EVENTS).order_by(NUMBER)).mappings()
    ]
    for row in rows:
        row["previous"] = previous
        if row["number"] == 3:
            row["actor_id"] = "ben"
        row["digest"] = previous = digest_of_row(row)
        connection.execute(update(AUDIT_EVENTS).where(NUMBER.in_([row["number"]])).values(**row))
    if head:
        connection.execute(update(AUDIT_ANCHORS).values(digest=previous))


def add(connection: Connection) -> None:
    row = dict(connection.execute(select(AUDIT_EVENTS).where(NUMBER == ROWS)).mappings().one())
    row |= {"number": ROWS + 1, "previous": row["digest"], "text_digest": ""}
    connection.execute(insert(AUDIT_EVENTS).values(**row | {"digest": digest_of_row(row)}))


def _run(connection: Connection, statement: Any) -> None:
    connection.execute(statement)


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (change(3, actor_id="ben"), {(3, TrailFault.EDITED)}),
        (change(3, event="nothing.much"), {(3, TrailFault.EDITED)}),
        (change(ROWS, outcome="done "), {(ROWS, TrailFault.EDITED)}),
        (remove(3), {(4, TrailFault.DELETED)}),
        (remove(1, 2), {(3, TrailFault.DELETED)}),
        (remove(ROWS), {(ROWS, TrailFault.DELETED)}),
        (remove(*range(1, ROWS + 1)), {(ROWS, TrailFault.DELETED)}),
        (exchange, {(row, fault) for row in (2, 5) for fault in (TrailFault.REORDERED, TrailFault.TEXT_CHANGED)}),
        (mend, {(ROWS, TrailFault.REWRITTEN)}),
        (lambda connection: mend(connection, head=True), {(ROWS, TrailFault.BROKEN_SEAL)}),
        (add, {(ROWS + 1, TrailFault.ADDED)}),
        (
            lambda connection: _run(connection, update(AUDIT_TEXTS).values(text='{"actor":"Ben"}')),
            {(number, TrailFault.TEXT_CHANGED) for number in range(1, ROWS + 1)},
        ),
        (lambda connection: _run(connection, delete(AUDIT_ANCHORS)), {(ROWS, TrailFault.BROKEN_SEAL)}),
    ],
)
def test_fault_47_what_was_done_to_the_rows_is_found(
    full: Trail, database: Database, tamper: Callable[[Connection], None], found: set[tuple[int, TrailFault]]
) -> None:
    assert full.verify().holds
    with database.write() as connection:
        tamper(connection)
    verified = full.verify()
    assert not verified.holds
    assert {(each.number, each.fault) for each in verified.findings if each.fault != TrailFault.BROKEN_CHAIN} == found


def test_fault_47_a_cut_end_stays_visible_when_the_service_goes_on(full: Trail, database: Database) -> None:
    with database.write() as connection:
        remove(ROWS)(connection)
    full.append([event("later")])
    assert [(each.number, each.fault) for each in full.verify().findings] == [(ROWS + 1, TrailFault.DELETED)]


def test_fault_47_a_forged_head_is_noted_before_the_service_goes_on(full: Trail, database: Database) -> None:
    with database.write() as connection:
        remove(ROWS)(connection)
        kept = connection.execute(select(AUDIT_EVENTS.c.digest).where(NUMBER == ROWS - 1)).scalar_one()
        connection.execute(update(AUDIT_ANCHORS).values(number=ROWS - 1, digest=kept))
    full.append([event("later")])
    assert (ROWS, TrailFault.BROKEN_SEAL) in {(each.number, each.fault) for each in full.verify().findings}


def test_fault_47_a_trail_that_was_emptied_with_its_anchors_is_known_by_the_file(
    full: Trail, database: Database
) -> None:
    full.anchor()
    with database.write() as connection:
        connection.execute(delete(AUDIT_EVENTS))
        connection.execute(delete(AUDIT_ANCHORS))
    assert [(each.number, each.fault) for each in full.verify().findings] == [(ROWS, TrailFault.DELETED)]


def test_fault_47_a_pruning_that_was_made_up_is_found(full: Trail, database: Database, clock: Clock) -> None:
    full.anchor()
    clock.advance(86_400)
    full.append([event("later")])
    with database.write() as connection:
        remove(*range(1, ROWS + 1))(connection)
        connection.execute(update(AUDIT_ANCHORS).where(AUDIT_ANCHORS.c.name != "head").values(name="pruned"))
    assert (ROWS, TrailFault.BROKEN_SEAL) in {(each.number, each.fault) for each in full.verify().findings}


def test_a_line_of_the_file_that_is_no_anchor_is_named(full: Trail, tmp_path: Path) -> None:
    full.anchor()
    file = tmp_path / "anchors.jsonl"
    assert len(file.read_text().splitlines()) == 1
    file.write_text(f"nothing\n{file.read_text()}")
    [finding] = full.verify().findings
    assert "Line 1" in finding.detail
