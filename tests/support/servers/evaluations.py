"""Common steps of tests with evaluations in a running service."""

from __future__ import annotations

import time
from typing import Any

import httpx

_POLL_SECONDS = 0.02


def wait_for_run(client: httpx.Client, run_id: str) -> dict[str, Any]:
    """Polls until the run has ended; the client's timeout bounds a hanging service."""
    while True:
        run: dict[str, Any] = client.get(f"/v1/evals/{run_id}").raise_for_status().json()
        if run["state"] != "running":
            return run
        time.sleep(_POLL_SECONDS)
