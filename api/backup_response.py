"""Streams a backup, and leaves nothing of it behind."""

from __future__ import annotations

import asyncio
import logging

from fastapi.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from ingest.backup import pack_snapshot, snapshot
from ingest.service import Service

_LOG = logging.getLogger(__name__)
_HEADERS = {"Content-Disposition": 'attachment; filename="citewell.tar.gz"', "Cache-Control": "no-store"}
_LONGEST_STALL_SECONDS = 60.0


class BackupResponse(Response):
    """Takes the snapshot when it is sent: none exists before there is code that removes it.

    A generator that was never begun cleans nothing up; this does, whenever its client leaves. One that stops reading
    for a minute is given up: what is deleted meanwhile would stay in the snapshot.
    """

    def __init__(self, service: Service) -> None:
        super().__init__(media_type="application/gzip")
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the backup; a failure before the first byte is answered as any other."""

        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(_LONGEST_STALL_SECONDS):
                await send(message)

        async with snapshot(self._service) as folder:
            response = StreamingResponse(pack_snapshot(folder), media_type=self.media_type, headers=_HEADERS)
            try:
                await response(scope, receive, send_soon)
            except TimeoutError:
                _LOG.warning("a backup was broken off: its client has not read for a minute")
