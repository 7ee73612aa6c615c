"""Measures lists of documents, filters, and searches within a filter, over many documents."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from evals.benchmarks.corpus import ASKED, DIMENSIONS, batches, search_queries
from evals.benchmarks.measure import summarize
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from rag.catalog.database.connection import Database
from rag.catalog.database.records import IndexedVersion, Upload
from rag.catalog.jobs import LEASE_SECONDS, JobQueue
from rag.catalog.selection.selection import Order, Selection, Sort
from rag.catalog.versions import Uploads
from rag.fields.filters import Bounds, DocumentFilter, FieldCondition
from rag.fields.values import Description, Field
from rag.retrieval.qdrant.edge_index import EdgeIndex
from rag.types import EncodedChunk, IndexQuery, SearchFilter

_FIRST_PAGE = 100
_CANDIDATES = 50
_FIRST_PAGE_SECONDS, _FILTER_SECONDS = 1.0, 0.2
_YEARS, _TEAMS = 10, 100
_TYPES = ("application/pdf", "text/markdown", "text/plain", "text/html")
_YEAR = FieldCondition(name="year", bounds=Bounds(low=2018.0, high=2020.0))
_FILTERS = {
    "one tag of a hundred": DocumentFilter(any_tags=frozenset({"team 7"})),
    "without a tag": DocumentFilter(no_tags=frozenset({"team 7"})),
    "a range of a field": DocumentFilter(fields=(_YEAR,)),
    "name": DocumentFilter(name="99"),
    "type and state": DocumentFilter(media_types=frozenset({_TYPES[0]}), states=frozenset({"ready"})),
    "tag, field, name and type": DocumentFilter(
        any_tags=frozenset({"team 7"}), fields=(_YEAR,), name="report", media_types=frozenset({_TYPES[3]})
    ),
}


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Fills a catalogue and an index, and measures both."""
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as root:
        database = Database.open(Path(root) / "catalog.db")
        try:
            filling = time.perf_counter()
            document_ids = _fill(database, sizes.listed)
            filled = time.perf_counter() - filling
            lists = _lists(database, sizes)
        finally:
            database.close()
        searches = await _searches(Path(root) / "index", document_ids, sizes)
    note = f"{sizes.listed:,} documents, 3 fields and 2 tags each, taken in within {filled:.0f} s"
    missed = tuple(f"{row['what']}: {row['p95_ms']} ms" for row in lists if _is_missed(row))
    return (
        Table(title="Lists of documents", rows=tuple(lists), notes=(note,), missed=missed),
        Table(title="Searches within a filter", rows=tuple(searches), notes=("one passage a document",)),
    )


def _is_missed(row: Row) -> bool:
    limit = _FIRST_PAGE_SECONDS if str(row["what"]).startswith("first page") else _FILTER_SECONDS
    p95 = row["p95_ms"]
    return isinstance(p95, float) and p95 > limit * 1_000


def _fill(database: Database, count: int) -> list[str]:
    uploads = Uploads(database, parser_version=1)
    queue = JobQueue(database, lease_seconds=LEASE_SECONDS, versions_kept=3)
    ids = []
    for number in range(count):
        described = Description(
            tags=(f"team {number % _TEAMS}", "all"),
            fields=(
                Field(name="year", value=float(2015 + number % _YEARS)),
                Field(name="author", value=f"Author {number % _TEAMS}"),
                Field(name="signed", value=date(2015 + number % _YEARS, 1 + number % 12, 1)),
            ),
        )
        media_type = _TYPES[number % len(_TYPES)]
        upload = Upload(name=f"report-{number}", media_type=media_type, sha256=f"{number:064x}", size_bytes=number)
        document, _ = uploads.add(ASKED, upload, keep_blob=lambda _: None, description=described)
        ids.append(document.document_id)
        task = queue.claim("bench")
        assert task is not None  # noqa: S101 - the job was queued above
        version = IndexedVersion(title=f"Report {number}", page_count=number % 50, chunk_count=1, warnings=())
        queue.publish_version(task, version)
    return ids


def _lists(database: Database, sizes: Sizes) -> list[Row]:
    selection, tenant, collection = Selection(database), ASKED.tenant, ASKED.collection
    every = DocumentFilter()

    def page(chosen: DocumentFilter, sort: Sort) -> int:
        order = Order(by=sort, descending=True)
        return len(selection.page(tenant, collection, chosen, order=order, limit=_FIRST_PAGE))

    rows = [_timed(f"first page, by {sort.value}", lambda sort=sort: page(every, sort), sizes) for sort in Sort]  # type: ignore[misc]
    for name, chosen in _FILTERS.items():
        rows.append(_timed(f"list, {name}", lambda chosen=chosen: page(chosen, Sort.NAME), sizes))  # type: ignore[misc]
        allowed = lambda chosen=chosen: len(selection.allowed(ASKED, chosen) or ())  # noqa: E731
        rows.append(_timed(f"ids for a question, {name}", allowed, sizes))
    rows.append(_timed("first page: all counts", lambda: selection.counts(tenant, collection, every).documents, sizes))
    return rows


def _timed(what: str, call: Callable[[], int], sizes: Sizes) -> Row:
    found = call()
    times = []
    for _ in range(max(5, sizes.repeats)):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1_000)
    return {"what": what, "found": found, **summarize(times)}


async def _searches(folder: Path, document_ids: list[str], sizes: Sizes) -> list[Row]:
    index = EdgeIndex.open(folder, dimensions=DIMENSIONS, encoder_name="bench")
    waiting = iter(document_ids)
    try:
        for _, chunks in batches(len(document_ids), tenants=1):
            await index.upsert(ASKED, [_of_document(each, next(waiting)) for each in chunks])
        await index.optimize()
        rows = []
        for share in (None, 1.0, 0.9, 0.5, 0.1, 0.01):
            chosen = None if share is None else frozenset(document_ids[: max(1, int(len(document_ids) * share))])
            times = []
            for asked in search_queries(sizes.searches):
                query = IndexQuery(
                    text=asked.text,
                    vector=asked.vector,
                    limit=_CANDIDATES,
                    filter=SearchFilter(document_ids=chosen),
                )
                start = time.perf_counter()
                await index.search(ASKED, query)
                times.append((time.perf_counter() - start) * 1_000)
            what = "no filter" if chosen is None else f"{len(chosen):,} of {len(document_ids):,} documents"
            rows.append({"what": what, **summarize(times)})
        return rows
    finally:
        await index.close()


def _of_document(encoded: EncodedChunk, document_id: str) -> EncodedChunk:
    return replace(encoded, chunk=replace(encoded.chunk, document_id=document_id))
