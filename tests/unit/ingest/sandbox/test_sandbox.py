from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from ingest.sandbox.sandbox import ParsedDocument, Sandbox
from ingest.storage.extracted_text import load_extracted, load_text
from rag.errors import (
    ConfigurationError,
    CorruptDocumentError,
    DocumentError,
    EncryptedDocumentError,
    ParserCrashError,
    ParserLimitError,
    TooManyPassagesError,
)
from rag.settings import IngestionSettings
from tests.support.models import minilm_tokenizer_file

OBEDIENT = "tests.support.fakes.sandbox_parsers:ObedientParser"


def new_sandbox(
    parser: str = OBEDIENT, *, timeout_seconds: float = 30.0, max_files: int = 200, idle_seconds: float | None = None
) -> Sandbox:
    settings = IngestionSettings(parse_timeout_seconds=timeout_seconds, parse_memory_bytes=1_073_741_824)
    return Sandbox(
        settings,
        tokenizer_file=minilm_tokenizer_file(),
        max_tokens=254,
        parser=parser,
        max_files=max_files,
        idle_seconds=idle_seconds,
    )


def parse(sandbox: Sandbox, folder: Path, order: str, name: str = "report.txt") -> ParsedDocument:
    path = folder / "input"
    path.write_text(order, encoding="utf-8")
    output = folder / "output"
    output.mkdir(exist_ok=True)
    return sandbox.parse(path, name=name, media_type="text/plain", output_folder=output)


def answer(sandbox: Sandbox, folder: Path, order: str) -> str:
    return parse(sandbox, folder, order).extracted.text


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def has_ended(pid: int) -> bool:
    """Waits for the end of a process that was killed and is not this one's child."""
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        select.select([handle], [], [], 10.0)
        os.close(handle)
    return not is_running(pid)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with new_sandbox() as started:
        started.warm_up()
        yield started


def test_result_is_returned_and_saved(sandbox: Sandbox, tmp_path: Path) -> None:
    document = parse(sandbox, tmp_path, "echo One sentence.\nAnother 句子。")
    assert document.extracted.text == "One sentence.\nAnother 句子。"
    assert [chunk.span.end for chunk in document.chunks] == [len(document.extracted.text)]
    assert load_extracted(tmp_path / "output") == (document.extracted, document.chunks)
    assert load_text(tmp_path / "output") == document.extracted.text


def test_parser_is_told_name_type_and_settings(sandbox: Sandbox, tmp_path: Path) -> None:
    assert answer(sandbox, tmp_path, "describe") == "report.txt text/plain auto eng+chi_sim"


def test_one_process_reads_file_after_file(sandbox: Sandbox, tmp_path: Path) -> None:
    assert answer(sandbox, tmp_path, "pid") == answer(sandbox, tmp_path, "pid")


def test_llama_index_is_loaded_only_when_a_paragraph_is_too_long_for_one_chunk(tmp_path: Path) -> None:
    with new_sandbox() as fresh:
        assert answer(fresh, tmp_path, "is-loaded llama_index.core") == "False"
        assert len(parse(fresh, tmp_path, "echo " + "One more sentence. " * 200).chunks) > 1
        assert answer(fresh, tmp_path, "is-loaded llama_index.core") == "True"


def test_threads_take_turns(sandbox: Sandbox, tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(4) as threads:
        texts = list(threads.map(lambda folder: answer(sandbox, folder, f"echo {folder.name}"), folders))
    assert texts == ["0", "1", "2", "3"]


def test_what_a_library_prints_does_not_disturb(sandbox: Sandbox, tmp_path: Path) -> None:
    assert answer(sandbox, tmp_path, 'print {"resident_bytes": 1}') == "printed"


def test_child_has_no_network(sandbox: Sandbox, tmp_path: Path) -> None:
    # A closed port would answer ECONNREFUSED: nothing must even be reached.
    expected = {"network namespace": "ENETUNREACH", "audit hook": "PermissionError"}
    assert answer(sandbox, tmp_path, "connect") == expected[sandbox.isolation]


def test_child_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_INDEX__API_KEY", "s3cret")
    with new_sandbox() as fresh:
        environment = answer(fresh, tmp_path, "environment")
    assert "s3cret" not in environment
    assert "HF_HUB_OFFLINE=1" in environment
    assert f"HOME={Path.home()}\n" not in environment


def test_document_error_keeps_class_and_message(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(EncryptedDocumentError) as caught:
        parse(sandbox, tmp_path, "encrypted", name="秘密 'x'.pdf")
    assert str(caught.value) == str(EncryptedDocumentError("秘密 'x'.pdf"))


def test_bug_in_parser_is_a_corrupt_document_that_names_it(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError, match="its parser failed \\(KeyError\\)"):
        parse(sandbox, tmp_path, "bug")
    assert answer(sandbox, tmp_path, "echo next") == "next"


def test_crash_names_the_signal_and_the_next_file_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ParserCrashError, match="SIGSEGV"):
        parse(sandbox, tmp_path, "segfault")
    assert answer(sandbox, tmp_path, "echo next") == "next"


def test_pages_are_told_while_they_are_read(sandbox: Sandbox, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    (tmp_path / "input").write_text("count")
    sandbox.parse(
        tmp_path / "input",
        name="a.txt",
        media_type="text/plain",
        output_folder=tmp_path,
        on_page=lambda done, total: told.append((done, total)),
    )
    assert told == [(2, 4), (4, 4)]


def test_an_interrupted_file_fails_at_once_and_the_next_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    news = tmp_path / "news"
    os.mkfifo(news)
    failures: list[DocumentError] = []

    def read() -> None:
        try:
            parse(sandbox, tmp_path, f"hang {news}")
        except DocumentError as error:
            failures.append(error)

    reading = Thread(target=read)
    reading.start()
    news.read_text()
    sandbox.interrupt()
    reading.join()
    assert isinstance(failures[0], ParserCrashError)
    assert answer(sandbox, tmp_path, "echo next") == "next"


def test_an_interrupt_between_two_files_harms_neither(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.interrupt()
    assert answer(sandbox, tmp_path, "echo one") == "one"
    sandbox.interrupt()
    assert answer(sandbox, tmp_path, "echo two") == "two"


def test_a_document_of_too_many_passages_is_refused_with_both_numbers_before_anything_is_saved(tmp_path: Path) -> None:
    words = " ".join(f"Sentence {number} of many." for number in range(200))
    settings = IngestionSettings(max_passages=3, parse_memory_bytes=1_073_741_824)
    with Sandbox(settings, tokenizer_file=minilm_tokenizer_file(), max_tokens=254, parser=OBEDIENT) as small:
        with pytest.raises(TooManyPassagesError, match=r"makes \d+ passages, more than the limit of 3\. Split it, or"):
            parse(small, tmp_path, f"echo {words}")
        assert list((tmp_path / "output").iterdir()) == []
        assert answer(small, tmp_path, "echo next") == "next"


def test_memory_is_limited(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ParserLimitError, match="memory"):
        parse(sandbox, tmp_path, "eat-memory")
    assert answer(sandbox, tmp_path, "echo next") == "next"


def test_file_size_is_limited(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ParserLimitError, match="file it unfolds to"):
        parse(sandbox, tmp_path, f"write-much {tmp_path / 'bomb'}")


def test_slow_file_is_stopped_with_all_its_processes(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with new_sandbox(timeout_seconds=1.0) as sandbox:
        sandbox.warm_up()
        with pytest.raises(ParserLimitError, match="longer than 1 seconds"):
            parse(sandbox, tmp_path, f"hang-with-child {pid_file}")
        assert has_ended(int(pid_file.read_text(encoding="ascii")))
        assert answer(sandbox, tmp_path, "echo next") == "next"


def test_process_is_replaced_after_enough_files(tmp_path: Path) -> None:
    with new_sandbox(max_files=2) as sandbox:
        first, second, third = (answer(sandbox, tmp_path, "pid") for _ in range(3))
    assert first == second != third


def test_inconsistent_result_is_refused(tmp_path: Path) -> None:
    with (
        new_sandbox("tests.support.fakes.sandbox_parsers:OverlappingParser") as sandbox,
        pytest.raises(CorruptDocumentError),
    ):
        parse(sandbox, tmp_path, "")


def test_process_that_cannot_start_says_why() -> None:
    with (
        new_sandbox("tests.support.fakes.sandbox_parsers:unable") as sandbox,
        pytest.raises(ConfigurationError, match=r"nothing to read auto eng\+chi_sim with"),
    ):
        sandbox.warm_up()


def test_close_ends_the_process(tmp_path: Path) -> None:
    sandbox = new_sandbox()
    pid = int(answer(sandbox, tmp_path, "pid"))
    assert is_running(pid)
    sandbox.close()
    sandbox.close()
    assert not is_running(pid)


def test_busy_process_dies_with_the_service(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.servers.sandbox_service"],
        input=str(tmp_path),
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(ended.stdout)
    assert ended.returncode == -signal.SIGKILL
    assert has_ended(pid)
