"""Fault 44: personal data in documents, answers, logs and traces is masked where a policy says so.

How much of each kind is found is measured by ``citewell eval personal-data``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.monitoring.logs import JsonFormatter, TextFormatter
from api.monitoring.tracing import Tracing
from ingest.sandbox.sandbox import Sandbox
from rag.answering.service import AnswerService, Arms, CachedPipeline
from rag.answers import Answer
from rag.guard.personal.masking import Policy
from rag.settings import IngestionSettings, PersonalAction, PersonalDataSettings, PersonalKind
from tests.support.builders.chunks import chunk
from tests.support.builders.pipeline import index_of, pipeline_over, question
from tests.support.models import minilm_tokenizer_file

SECRETS = {
    PersonalKind.PERSON: "Wilhelmina Kowalska",
    PersonalKind.EMAIL: "w.kowalska@example.com",
    PersonalKind.PHONE: "+49 30 901820",
    PersonalKind.ADDRESS: "Hauptstraße 5, 10115 Berlin",
    PersonalKind.BIRTH_DATE: "12.03.1970",
    PersonalKind.IBAN: "DE89 3704 0044 0532 0130 00",
    PersonalKind.CARD: "4111 1111 1111 1111",
    PersonalKind.US_SSN: "078-05-1120",
    PersonalKind.NATIONAL_ID: "86095742719",
    PersonalKind.PASSPORT: "C01X00T47",
    PersonalKind.DRIVING_LICENCE: "F162823540116",
    PersonalKind.IP_ADDRESS: "86.121.97.248",
    PersonalKind.URL: "https://example.com/users/wkowalska",
}
TEXT = (
    "The contact for the pump is Wilhelmina Kowalska, w.kowalska@example.com, phone +49 30 901820, "
    "Hauptstraße 5, 10115 Berlin; born 12.03.1970; IBAN DE89 3704 0044 0532 0130 00; card 4111 1111 1111 1111; "
    "SSN 078-05-1120; Steuer-ID 86095742719; passport C01X00T47; driver's license F162823540116; "
    "from 86.121.97.248, https://example.com/users/wkowalska ."
)
MASK_ALL = {PersonalKind.ALL: PersonalAction.MASK}
ALL = Policy.of(MASK_ALL)


def leaked(text: str) -> set[PersonalKind]:
    return {kind for kind, secret in SECRETS.items() if secret in text}


def answering(policy: Policy, *, observers: tuple[Tracing, ...] = (), pipeline: CachedPipeline) -> AnswerService:
    return AnswerService(
        Arms(control=pipeline),
        visible=lambda _, versions: versions,
        state_of=lambda _: "",
        question_characters=2_000,
        observers=observers,
        personal_data=policy,
    )


def test_the_text_holds_one_of_each_kind() -> None:
    assert leaked(TEXT) == set(SECRETS) == set(PersonalKind) - {PersonalKind.ALL}


@pytest.fixture(scope="module")
def masking_sandbox() -> Iterator[Sandbox]:
    settings = IngestionSettings(parse_memory_bytes=1_073_741_824)
    with Sandbox(settings, tokenizer_file=minilm_tokenizer_file(), max_tokens=254, personal_data=MASK_ALL) as sandbox:
        yield sandbox


def test_fault_44_a_document_is_stored_without_what_is_masked(masking_sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(f"# For Wilhelmina Kowalska\n\n{TEXT}\n", encoding="utf-8")
    output = tmp_path / "out"
    output.mkdir()
    parsed = masking_sandbox.parse(path, name="note.md", media_type="text/markdown", output_folder=output)
    assert leaked(parsed.extracted.text) == set()
    assert "masked" in parsed.extracted.warnings[-1]
    stored = b"".join(each.read_bytes() for each in output.iterdir()).decode("utf-8", "replace")
    assert leaked(stored) == set()


async def test_fault_44_an_answer_goes_out_without_what_is_masked() -> None:
    note = chunk(TEXT, version_id="note", document_id="d-note", title="Contacts")
    service = answering(ALL, pipeline=CachedPipeline(pipeline=pipeline_over(await index_of(note))))
    events = [event async for event in service.answer(question("Who is the contact for the pump?"))]
    found = await service.search(question("Who is the contact for the pump?"))
    assert leaked(repr(events)) == leaked(repr(found.hits)) == set()
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert {each.kind for each in answer.receipt.personal_data} == {kind.value for kind in SECRETS}


async def test_fault_44_a_trace_is_sent_without_what_is_masked() -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(SimpleSpanProcessor(exporter), content=True, personal_data=ALL)
    note = chunk(TEXT, version_id="note", document_id="d-note", title="Contacts")
    pipeline = CachedPipeline(pipeline=pipeline_over(await index_of(note)))
    service = answering(Policy(), observers=(tracing,), pipeline=pipeline)
    asked = question("Who is the contact for the pump? I am Wilhelmina Kowalska, w.kowalska@example.com.")
    assert [event async for event in service.answer(asked)]
    sent = "\n".join(span.to_json() for span in exporter.get_finished_spans())
    assert "contact for the pump" in sent
    assert leaked(sent) == set()


@pytest.mark.parametrize("formatter", [TextFormatter(ALL), JsonFormatter(ALL)])
def test_fault_44_a_log_line_is_written_without_what_is_masked(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("x", logging.WARNING, "x.py", 1, "it failed: %s", (TEXT,), None)
    line = formatter.format(record)
    assert "it failed: The contact for the pump is ‹person›, ‹email›" in line
    assert leaked(line) == set()


def test_fault_44_logs_and_traces_are_masked_unless_someone_says_otherwise() -> None:
    chosen = PersonalDataSettings()
    assert Policy.of(chosen.logs).masked == Policy.of(chosen.traces).masked == set(SECRETS)
    assert Policy.of(chosen.answers).is_off
