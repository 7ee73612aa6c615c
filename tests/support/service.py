"""What tests do with a running service."""

import time
from typing import Any

import httpx

_POLL_SECONDS = 0.02


def wait_for_job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """Asks until the job has ended; the clients' own timeout bounds a service that hangs."""
    while True:
        job: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
        if job["state"] in {"succeeded", "failed"}:
            return job
        time.sleep(_POLL_SECONDS)


def upload(client: httpx.Client, name: str, content: bytes, **form: str) -> httpx.Response:
    return client.post("/v1/documents", files={"file": (name, content)}, data=form)


def events(response: httpx.Response) -> list[tuple[str, str]]:
    """Splits a stream of events into (name, data)."""
    found = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), data.removeprefix("data: ")))
    return found
