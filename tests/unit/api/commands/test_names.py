"""Names and words that are not UTF-8, as old disks and terminals have them; and what a command imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from api.commands.main import main
from api.commands.shared.client import Client


def test_a_file_whose_name_is_not_utf_8_is_uploaded(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/gr\xf6\xdfe.txt"))
    path.write_text("The gate opens at six.")
    sent: list[bytes] = []

    def take(request: httpx.Request) -> httpx.Response:
        sent.append(request.read())
        return httpx.Response(202, json={})

    with httpx.Client(transport=httpx.MockTransport(take), base_url="http://localhost") as http:
        Client(http).upload(path, name="gre.txt", collection="default")
    assert b'filename="gre.txt"' in sent[0]


def test_an_argument_that_is_not_utf_8_ends_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    question = os.fsdecode(b"What is \xff?")
    monkeypatch.setattr(sys, "argv", ["citewell", "search", question, "--url", "http://127.0.0.1:9"])
    with pytest.raises(SystemExit):
        main()
    assert "bytes that are not UTF-8" in capsys.readouterr().err


def test_a_command_of_the_service_does_not_import_what_measures() -> None:
    script = (
        "import sys, api.commands.main; sys.argv = ['citewell', 'serve', '--help']\ntry: api.commands.main.main()\n"
    )
    script += "finally: print(sorted(name for name in sys.modules if name.startswith('evals')))"
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "[]"
