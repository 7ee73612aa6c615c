"""Follows jobs for clients: one read of a job serves all clients that follow it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextvars import Context
from dataclasses import replace

from api.errors import problem_of
from api.schemas.jobs import JobBody
from api.streaming import HEARTBEAT, frame
from rag.catalog.database.records import JobRecord
from rag.errors import TooManyFollowersError

ReadJob = Callable[[], Awaitable[JobRecord]]
_Key = tuple[str, str]
"""A job's id and the viewer's."""

_POLL_SECONDS = 0.25
_JOBS_PER_POLL = 10
"""Where more jobs are followed, each is read less often: clients cannot overload the catalogue."""
_HEARTBEAT_SECONDS = 15.0


class JobFollowers:
    """The clients that follow jobs in one process. Belongs to one event loop."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._count = 0
        self._watches: dict[_Key, _Watch] = {}

    async def frames(self, job: JobRecord, read_job: ReadJob, *, viewer: str = "") -> AsyncGenerator[bytes, None]:
        """Yields `progress` at every change, at the end exactly one of `done` or `error`, and comments in silence.

        Only clients of one ``viewer`` share a read: what others may see differs, and so does their place.

        Raises:
            TooManyFollowersError: before the first event.
        """
        if self._count >= self._most:
            raise TooManyFollowersError(self._most)
        self._count += 1
        key = (job.job_id, viewer)
        watch = self._watches.get(key) or self._begin(key, job, read_job)
        watch.followers += 1
        try:
            while True:
                changed = watch.changed
                yield watch.frame
                if watch.is_over and changed is watch.changed:
                    return
                while not changed.is_set():
                    try:
                        async with asyncio.timeout(_HEARTBEAT_SECONDS):
                            await changed.wait()
                    except TimeoutError:
                        yield HEARTBEAT
        finally:
            self._count -= 1
            watch.followers -= 1
            if not watch.followers and watch.polling is not None:
                watch.polling.cancel()
                self._end(key, watch)

    def _begin(self, key: _Key, job: JobRecord, read_job: ReadJob) -> _Watch:
        watch = _Watch(job)
        if not watch.is_over:
            self._watches[key] = watch
            # It may outlive the request that began it, so its log lines must not carry that request's id.
            watch.polling = asyncio.create_task(self._poll(key, watch, read_job), context=Context())
        return watch

    def _end(self, key: _Key, watch: _Watch) -> None:
        """Removes a watch, so that a job that is tried again gets a new one."""
        if self._watches.get(key) is watch:
            del self._watches[key]

    async def _poll(self, key: _Key, watch: _Watch, read_job: ReadJob) -> None:
        """Polls the catalogue: another process may run the job, and sends no messages."""
        try:
            while not watch.is_over:
                await asyncio.sleep(_POLL_SECONDS * max(1.0, len(self._watches) / _JOBS_PER_POLL))
                watch.update(await read_job())
        except Exception as error:  # noqa: BLE001 - a stream must end with an error event, whatever the error
            watch.publish(frame("error", problem_of(error)), is_over=True)
        self._end(key, watch)


class _Watch:
    """One job as its followers see it."""

    def __init__(self, job: JobRecord) -> None:
        self.followers = 0
        self.polling: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()
        self._shown: JobRecord | None = None
        self.update(job)

    def update(self, job: JobRecord) -> None:
        """Publishes a job if it has changed; a new estimate alone is no change."""
        known = replace(job, remaining=None)
        if known != self._shown:
            self._shown = known
            over = job.state.is_final
            self.publish(frame("done" if over else "progress", JobBody.model_validate(job)), is_over=over)

    def publish(self, latest: bytes, *, is_over: bool) -> None:
        """Publishes a frame to every follower."""
        self.frame = latest
        self.is_over = is_over
        before, self.changed = self.changed, asyncio.Event()
        before.set()
