"""Pages are true: their commands are run in order, against the real service, and print what the pages say."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, README, ROOT, code_blocks
from tests.docs.reader import Reader

pytestmark = [pytest.mark.slow, pytest.mark.integration]


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    reader = Reader(folder=tmp_path)
    blocks = code_blocks(DOCS / "tutorial.md")
    [service] = [block for block in blocks if block.title and "another terminal" in block.title]
    before, after = blocks[: blocks.index(service)], blocks[blocks.index(service) + 1 :]
    for block in before:
        reader.run(block.text)
    with reader.serving(service.text.strip()):
        for block in after:
            if block.language == "bash":
                reader.run(block.text)
            else:
                reader.expect(block.text)
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_the_guide_for_llama_index_is_true(tmp_path: Path) -> None:
    reader = Reader(folder=tmp_path)
    reader.run(f"citewell ingest {ROOT / 'evals/datasets/sample/documents/employee-handbook.md'}")
    [block] = code_blocks(DOCS / "guides" / "llama-index.md")
    reader.run(block.text, program=(sys.executable, "-c"))
    assert reader.output.startswith("Full-time employees have 28 days of paid annual leave a year.")


def test_the_guide_for_settings_is_true(tmp_path: Path) -> None:
    reader = Reader(folder=tmp_path)
    for block in code_blocks(DOCS / "guides" / "configure.md"):
        if block.language == "toml":
            (tmp_path / "citewell.toml").write_text(block.text)
        elif block.language == "bash":
            reader.run(block.text)
        elif block.title == "output":
            reader.expect(block.text)


@pytest.fixture(scope="module")
def with_samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A service that has taken the sample documents in, as ``make run`` leaves it."""
    settings = {"CITEWELL_STORAGE__FOLDER": str(tmp_path_factory.mktemp("samples") / "data")}
    reader = Reader(folder=ROOT, settings=settings)
    with reader.serving("citewell serve"):
        reader.run("citewell ingest evals/datasets/sample/documents")
        yield reader


def test_the_commands_of_the_readme_run_and_the_answer_looks_as_it_says(with_samples: Reader) -> None:
    blocks = code_blocks(README)
    for block in blocks:
        if block.language == "bash":
            with_samples.run(block.text)
    [shown] = [block for block in blocks if block.language == "json"]
    assert_shortened(json.loads(shown.text), json.loads(with_samples.output))


def test_the_answers_of_the_guide_for_the_command_line_are_true(with_samples: Reader) -> None:
    [shown] = [block.text for block in code_blocks(DOCS / "guides" / "cli.md") if block.title == "answers"]
    for example in shown.split("$ citewell ")[1:]:
        command, _, output = example.partition("\n")
        with_samples.run(f"citewell {command.removesuffix('; echo $?')} && echo 0 || echo $?")
        with_samples.expect("\n".join(line for line in output.splitlines() if line != "..."))


def test_the_guide_for_openai_clients_is_true(with_samples: Reader) -> None:
    for block in code_blocks(DOCS / "guides" / "openai-clients.md"):
        if block.language == "bash":
            with_samples.run(block.text)
            assert "28 days" in with_samples.output
        else:
            checks = "assert '28 days' in text and marks and reason is None"
            with_samples.run(f"{block.text}\n{checks}", program=(sys.executable, "-c"))


def assert_shortened(shown: object, real: object) -> None:
    """Checks an example: every field is there with its value; numbers only by their kind, ends of texts left out."""
    if isinstance(shown, dict):
        assert isinstance(real, dict)
        for name, value in shown.items():
            assert_shortened(value, real[name])
    elif isinstance(shown, list):
        assert isinstance(real, list)
        for one, other in zip(shown, real, strict=False):
            assert_shortened(one, other)
    elif isinstance(shown, str) and shown.endswith("..."):
        assert str(real).startswith(shown.removesuffix("...").strip())
    elif isinstance(shown, float):
        assert isinstance(real, float)
    else:
        assert shown == real
