"""Verifies the audit trail: finds rows that were edited, deleted, exchanged or added by others than the service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select

from rag.catalog.database.connection import Database
from rag.catalog.endpoints.sealing import Seal
from rag.catalog.trail.anchors import HEAD, PRUNED, Anchor, AnchorFile, anchors_in
from rag.catalog.trail.chain import GENESIS, digest_of_row, digest_of_text
from rag.catalog.trail.rows import AUDIT_EVENTS, AUDIT_TEXTS

SEAL_BROKEN = "audit.seal_broken"
"""The event that is added where the seal of the last row does not hold, before the chain goes on."""
_BATCH = 2_000
_MOST_FINDINGS = 200

_Row = Mapping[str, Any]


class TrailFault(StrEnum):
    """What is wrong with a part of the trail."""

    EDITED = "edited"
    DELETED = "deleted"
    REORDERED = "reordered"
    ADDED = "added"
    TEXT_CHANGED = "text_changed"
    BROKEN_CHAIN = "broken_chain"
    BROKEN_SEAL = "broken_seal"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault, with the number of the row that shows it."""

    number: int
    fault: TrailFault
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result. ``rows`` were read, from ``first`` on; the texts of ``erased`` are gone.

    ``sealed`` is False while the installation's secret cannot be read: then an edit that mends the chain is not found.
    ``findings`` are the first of them, in the order of their numbers.
    """

    rows: int
    first: int
    last: int
    erased: int
    anchors: int
    sealed: bool
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(database: Database, seal: Seal, file: AnchorFile) -> Verification:
    """Reads the whole trail and compares rows, texts, anchors and file.

    Raises:
        CatalogUnavailableError: the catalogue does not answer.
        UnusableFolderError: the file of anchors cannot be read.
    """
    # The newest number is read before the head, which only grows: rows that are added during the walk are no finding.
    with database.read() as connection:
        newest = int(connection.execute(select(func.max(AUDIT_EVENTS.c.number))).scalar() or 0)
        held = anchors_in(connection)
    walk = _Walk(seal=seal, pruned=held.pop(PRUNED, None), head=held.get(HEAD))
    walk.add_anchors(held)
    walk.add_lines(file)
    for row in _rows(database, until=walk.head_number if walk.head else newest):
        walk.see(row)
    walk.end(newest)
    return Verification(
        rows=walk.rows,
        first=walk.first,
        last=walk.last,
        erased=walk.erased,
        anchors=walk.anchor_count,
        sealed=walk.head is None or bool(walk.head.seal),
        findings=tuple(sorted(walk.findings, key=lambda each: each.number)[:_MOST_FINDINGS]),
    )


def _rows(database: Database, *, until: int) -> Iterator[_Row]:
    texts = AUDIT_EVENTS.outerjoin(AUDIT_TEXTS, AUDIT_TEXTS.c.number == AUDIT_EVENTS.c.number)
    wanted = select(AUDIT_EVENTS, AUDIT_TEXTS.c.salt, AUDIT_TEXTS.c.text).select_from(texts)
    last = 0
    while True:
        between = AUDIT_EVENTS.c.number > last, AUDIT_EVENTS.c.number <= until
        with database.read() as connection:
            page = wanted.where(*between).order_by(AUDIT_EVENTS.c.number).limit(_BATCH)
            rows = connection.execute(page).mappings().all()
        yield from ({str(name): value for name, value in row.items()} for row in rows)
        if len(rows) < _BATCH:
            return
        last = rows[-1]["number"]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The state of one walk along the chain."""

    seal: Seal
    pruned: Anchor | None
    head: Anchor | None
    rows: int = 0
    first: int = 0
    last: int = 0
    erased: int = 0
    anchor_count: int = 0
    findings: list[Finding] = field(default_factory=list)
    _digest: str = GENESIS
    _anchors: defaultdict[int, list[Anchor]] = field(default_factory=lambda: defaultdict(list))
    _wrong: list[_Row] = field(default_factory=list)

    @property
    def head_number(self) -> int:
        """The number of the last row that the service knows of; 0 without one."""
        return self.head.number if self.head else 0

    def add_anchors(self, held: Mapping[str, Anchor]) -> None:
        """Takes the anchors of the catalogue."""
        for anchor in (*held.values(), *([self.pruned] if self.pruned else [])):
            self._check_seal(anchor)
        for anchor in held.values():
            self._anchors[anchor.number].append(anchor)
            self.anchor_count += anchor.name != HEAD
        if self.pruned is not None:
            self.last, self._digest = self.pruned.number, self.pruned.digest

    def add_lines(self, file: AnchorFile) -> None:
        """Takes the anchors of the file, but for those of rows that retention has removed."""
        for line, anchor in enumerate(file.read(), start=1):
            if isinstance(anchor, str):
                self._find(0, TrailFault.EDITED, f"Line {line} of {file.path} is no anchor.")
            elif anchor.number > self.last:
                self._check_seal(anchor)
                self._anchors[anchor.number].append(anchor)

    def see(self, row: _Row) -> None:
        """Takes the next row."""
        number = row["number"]
        self.first = self.first or number
        self.rows += 1
        if number != self.last + 1:
            self._find(number, TrailFault.DELETED, f"{_span(self.last + 1, number - 1)} missing.")
        elif row["previous"] != self._digest:
            detail = f"Row {number} does not go on from row {self.last}, which is another one than it was."
            self._find(number, TrailFault.BROKEN_CHAIN, detail)
        if digest_of_row(row) != row["digest"]:
            self._wrong.append(row)
        self._check_text(row)
        for anchor in self._anchors.pop(number, ()):
            if anchor.digest != row["digest"]:
                detail = f"Row {number} is not the one that the anchor '{anchor.name}' was made of."
                self._find(number, TrailFault.REWRITTEN, detail)
        if row["event"] == SEAL_BROKEN:
            detail = f"At {row['at']:%Y-%m-%d %H:%M} the service found the seal of its last row broken, and went on."
            self._find(number, TrailFault.BROKEN_SEAL, detail)
        self.last, self._digest = number, row["digest"]

    def end(self, newest: int) -> None:
        """Compares the end of the chain with its head, and tells edited rows from exchanged ones."""
        if self.rows and self.head is None:
            self._find(self.last, TrailFault.BROKEN_SEAL, "The note of the last row is missing.")
        elif newest > self.head_number:
            span = _span(self.head_number + 1, newest)
            self._find(newest, TrailFault.ADDED, f"{span} beyond the last row that the service wrote.")
        lost = max((number for number in self._anchors if number > self.last), default=0)
        if lost:
            self._find(lost, TrailFault.DELETED, f"{_span(self.last + 1, lost)} missing at the end.")
        numbers = [row["number"] for row in self._wrong]
        for row in self._wrong[:_MOST_FINDINGS]:
            number = row["number"]
            was = next((each for each in numbers if digest_of_row({**row, "number": each}) == row["digest"]), None)
            if was is None:
                self._find(number, TrailFault.EDITED, f"Row {number} was changed after it was written.")
            else:
                self._find(number, TrailFault.REORDERED, f"Row {number} was row {was}.")

    def _check_text(self, row: _Row) -> None:
        number, text = row["number"], row["text"]
        if text is None:
            self.erased += bool(row["text_digest"])
        elif digest_of_text(row["salt"], text) != row["text_digest"]:
            self._find(number, TrailFault.TEXT_CHANGED, f"The text of row {number} was changed after it was written.")

    def _check_seal(self, anchor: Anchor) -> None:
        if not anchor.holds(self.seal):
            detail = (
                f"The seal of the anchor '{anchor.name}' (row {anchor.number}) does not hold: it was changed, or made "
                "with another secret than this installation has now."
            )
            self._find(anchor.number, TrailFault.BROKEN_SEAL, detail)

    def _find(self, number: int, fault: TrailFault, detail: str) -> None:
        self.findings.append(Finding(number=number, fault=fault, detail=detail))


def _span(first: int, last: int) -> str:
    return f"Row {first} is" if first == last else f"Rows {first} to {last} are"
