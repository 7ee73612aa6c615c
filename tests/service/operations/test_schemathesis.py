"""Strangers' requests, made from the schema: schemathesis finds no answer that the schema does not promise."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.server import bind, serving
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.support.servers.service import take_in

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that holds a document."""
    server = ServerSettings(port=0)
    settings = Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("asked") / "data"),
        server=server,
    )
    with bind(server) as listener, serving(settings, listener):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=60) as client:
            take_in(client, "pump.txt", b"The warranty of the Kestrel pump lasts five years.")
        yield url


# With other methods these addresses are those of a document, or of a model, that is called so.
_BESIDE_NAMES = ("change_documents", "dismiss_failed", "unpack_archive", "find_endpoints", "try_new_endpoint")


@pytest.mark.parametrize(
    "chosen",
    [
        [each for name in _BESIDE_NAMES for each in ("--exclude-operation-id", name)],
        [each for name in _BESIDE_NAMES for each in ("--include-operation-id", name)]
        + ["--exclude-checks", "unsupported_method,allow_header_conformance"],
    ],
    ids=["most", "beside_names"],
)
def test_every_answer_is_one_that_the_schema_promises(address: str, tmp_path: Path, chosen: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(ROOT / "schemathesis.toml")),
            *("run", f"{address}/openapi.json"),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "3", "--seed", "1"),
            *("--no-color", "--generation-database", "none", *chosen),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tested: +(\d+)\n(.|\n)*\b(\d+) generated, \3 passed", done.stdout), done.stdout
