"""What tests do with evaluations in a running service."""

from __future__ import annotations

import time
from typing import Any

import httpx

_POLL_SECONDS = 0.02


def wait_for_run(client: httpx.Client, run_id: str) -> dict[str, Any]:
    """Asks until the run has ended; the clients' own timeout bounds a service that hangs."""
    while True:
        run: dict[str, Any] = client.get(f"/v1/evals/{run_id}").raise_for_status().json()
        if run["state"] != "running":
            return run
        time.sleep(_POLL_SECONDS)
