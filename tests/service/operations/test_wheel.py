"""The wheel, installed in an environment of its own outside the checkout, holds all that the service needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.faults.service import ServiceProcess
from tests.support.servers.service import take_in

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
PACKAGES = ("rag", "ingest", "evals", "api")
SOURCES = (*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY.md")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools leaves a folder whose old files would get into the next wheel."""
    copy, built = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    offline = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", built, copy)
    [made] = built.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment whose own package is Citewell; all others are those of the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    offline = ("--quiet", "--no-index", "--no-deps", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, "install", *offline, wheel)
    # Of a folder that a .pth file names, the .pth files are not read: the checkout, installed editable, stays unseen.
    [own] = (folder / "lib").glob("python*/site-packages")
    (own / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


@pytest.fixture(scope="module")
def client(environment: Path) -> Iterator[httpx.Client]:
    """Asks ``citewell serve`` of that environment."""
    home = environment.parent
    program = environment / "bin" / "citewell"
    outside = {"PYTHONPATH": "", "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    with ServiceProcess(home / "data", before=f"cd {home} && ", program=program, **outside) as service:
        service.start()
        with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as http:
            yield http


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    tracked = run("git", "-C", ROOT, "ls-files", "-z", "--", *PACKAGES).split("\0")
    assert {name for name in tracked if name and (ROOT / name).exists()} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_packages_are_those_of_the_wheel(environment: Path) -> None:
    script = "import api, evals, ingest, rag; print(*[each.__path__[0] for each in (api, evals, ingest, rag)])"
    places = run("env", "PYTHONPATH=", environment / "bin" / "python", "-P", "-c", script).split()
    assert [place for place in places if not place.startswith(str(environment))] == []


def test_a_document_is_read_and_a_question_is_answered(client: httpx.Client) -> None:
    take_in(client, "pump.md", b"# Kestrel\n\nThe warranty of the Kestrel pump lasts five years.")
    answer = client.post("/v1/ask", json={"question": "How long does the warranty of the Kestrel pump last?"})
    assert answer.raise_for_status().json()["sentences"][0]["text"] == (
        "The warranty of the Kestrel pump lasts five years."
    )


def test_the_page_is_served(client: httpx.Client) -> None:
    assert "<title>" in client.get("/").raise_for_status().text
    assert client.get("/page/chat/app.js").raise_for_status().text
