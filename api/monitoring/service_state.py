"""Metrics of the catalogue and the caches, read at each scrape."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ingest.service import Service
from rag.catalog.documents import Census, take_census
from rag.errors import CatalogUnavailableError

_LOG = logging.getLogger(__name__)


class ServiceState(Collector):
    """Reads the state of one service. While the catalogue does not answer, ``catalog_up`` alone is reported of it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def describe(self) -> Iterator[Metric]:
        """Yields nothing, so that registering the collector does not read the catalogue."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yields the present metrics."""
        try:
            census = take_census(self._service.storage.database)
        except CatalogUnavailableError as error:
            _LOG.warning("the catalogue cannot be counted: %s", error)
            census = None
        yield _gauge("catalog_up", "Whether the catalogue answers.", float(census is not None))
        if census is not None:
            yield from _of_catalogue(census)
        yield from self._of_caches()
        records = CounterMetricFamily(
            "citewell_usage_records", "Accounts of answers: written, or lost for want of room.", labels=["outcome"]
        )
        records.add_metric(["written"], self._service.usage_writer.written)
        records.add_metric(["dropped"], self._service.usage_writer.dropped)
        yield records

    def _of_caches(self) -> Iterator[Metric]:
        hits = CounterMetricFamily("citewell_cache_hits", "What a cache had.", labels=["cache"])
        misses = CounterMetricFamily("citewell_cache_misses", "What a cache had not.", labels=["cache"])
        entries = GaugeMetricFamily("citewell_cache_entries", "What a cache holds.", labels=["cache"])
        for name, counts in self._service.engine.arms.caches.items():
            hits.add_metric([name], counts.hits)
            misses.add_metric([name], counts.misses)
            entries.add_metric([name], counts.entries)
        yield from (hits, misses, entries)


def _of_catalogue(census: Census) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("citewell_jobs", "Jobs by state; those that are queued are the queue.", labels=["state"])
    for state, count in census.jobs.items():
        jobs.add_metric([state], count)
    yield jobs
    yield _gauge(
        "oldest_waiting_job_seconds",
        "How long the first job has waited, the background aside.",
        census.oldest_waiting.total_seconds(),
    )
    yield _gauge("documents", "Documents that can be found.", census.documents)
    yield _gauge("chunks", "Passages that can be found.", census.chunks)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"citewell_{name}", text, value=value)
