"""Fills a data folder through the API of another revision and packs it: a test opens it with today's code.

Run it with that revision's code, checked out somewhere::

    git worktree add --detach /tmp/old 295d36f
    PYTHONPATH=/tmp/old python tests/support/old_folders/make.py tests/support/old_folders/295d36f.tar.xz
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from api.server import serving
from rag.settings import Settings, StorageSettings

GATE = "The north gate opens at {hour} on weekdays.\n"
HANDBOOK = """# Handbook

## Vacation

Full-time employees get 30 days of vacation a year. Part-time employees get 18 days.

| Grade | Days |
|-------|------|
| A     | 30   |
| B     | 18   |
"""
PDF_LINE = "The office cat is called Juniper and sleeps in the archive."
QUESTION = {
    "id": "q1",
    "question": "How many days of vacation do full-time employees get?",
    "answers": ["30 days"],
    "gold_passages": [{"document": "handbook.md", "quote": "Full-time employees get 30 days of vacation a year."}],
}


def fill(client: httpx.Client) -> None:
    """Uploads, replaces, deletes, asks, judges and evaluates."""
    take_in(client, "handbook.md", HANDBOOK.encode())
    take_in(client, "cat.pdf", _pdf(PDF_LINE))
    take_in(client, "gate.txt", GATE.format(hour="six").encode(), collection="site")
    take_in(client, "gate.txt", GATE.format(hour="seven").encode(), collection="site")
    gone = take_in(client, "gone.txt", b"The marigold room is closed.")
    receipt = client.delete(f"/v1/documents/{gone}").raise_for_status().json()["id"]
    while client.get(f"/v1/receipts/{receipt}").raise_for_status().json()["state"] != "purged":
        time.sleep(0.05)
    answer = client.post("/v1/ask", json={"question": QUESTION["question"]}).raise_for_status().json()
    judged = {"request_id": answer["receipt"]["request_id"], "verdict": "down", "reasons": ["incomplete"]}
    while client.post("/v1/feedback", json=judged).status_code != httpx.codes.OK:
        time.sleep(0.05)
    run = client.post("/v1/evals", json={"questions": [QUESTION]}).raise_for_status().json()["links"]["self"]
    while client.get(run).raise_for_status().json()["state"] == "running":
        time.sleep(0.05)


def take_in(client: httpx.Client, name: str, content: bytes, **form: str) -> str:
    """Uploads a file and returns the id of its document once that can be searched."""
    headers = {"Idempotency-Key": f"key of {name}"} if name == "handbook.md" else {}
    answer = client.post("/v1/documents", files={"file": (name, content)}, data=form, headers=headers)
    job: dict[str, Any] = answer.raise_for_status().json()["job"]
    while job["state"] in {"queued", "running"}:
        time.sleep(0.05)
        job = client.get(f"/v1/jobs/{job['id']}").raise_for_status().json()
    assert job["state"] == "succeeded", job
    return str(job["document_id"])


def _pdf(line: str) -> bytes:
    drawn = f"BT /F1 12 Tf 72 700 Td ({line}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources 6 0 R /Contents 5 0 R >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Font << /F1 3 0 R >> >>",
    )
    numbered = "".join(f"{number} 0 obj\n{content}\nendobj\n" for number, content in enumerate(objects, start=1))
    return f"%PDF-1.4\n{numbered}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n%%EOF\n".encode("latin-1")


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary, socket.socket(socket.AF_UNIX) as listener:
        folder = Path(temporary) / "data"
        address = str(Path(temporary) / "api.sock")
        listener.bind(address)
        transport = httpx.HTTPTransport(uds=address)
        with (
            serving(Settings(storage=StorageSettings(folder=folder, erase_after_seconds=0)), listener),
            httpx.Client(transport=transport, base_url="http://localhost", timeout=60) as client,
        ):
            fill(client)
        pack = ["tar", "--create", "--sparse", "--xz", "--owner=0", "--group=0", "--numeric-owner"]
        subprocess.run([*pack, f"--file={target.absolute()}", f"--directory={temporary}", folder.name], check=True)  # noqa: S603


if __name__ == "__main__":
    main(Path(sys.argv[1]))
