from dataclasses import replace
from decimal import Decimal

import pytest

from rag.access.principal import single_user
from rag.answers import AbstentionReason, AnswerSentence, Arm, CheckedFact, Citation, FactKind
from rag.catalog.answers import AnswerLog, AnswerRecord, CitedQuote, Feedback, Reason, Verdict
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database, new_id
from rag.errors import RemovedAnswerError, UnknownAnswerError
from rag.types import Span
from tests.support.builders.register import Register
from tests.support.fakes.clock import Clock

DAY_SECONDS = 86_400
DOWN = Feedback(verdict=Verdict.DOWN, reasons=(Reason.WRONG, Reason.OTHER), comment="No.", corrected_answer="Ten.")
UP = Feedback(verdict=Verdict.UP)
QUOTE = Citation(
    number=1,
    chunk_id="c1",
    document_id="d1",
    version_id="v1",
    page=3,
    span=Span(start=4, end=21),
    quote="every 6,000 hours – 水泵",
)
FACT = CheckedFact(span=Span(start=6, end=11), kind=FactKind.NUMBER, found=True)
SENTENCE = AnswerSentence(index=0, text="Every 6,000 hours.", citations=(QUOTE,), supported=True, facts=(FACT,))


@pytest.fixture
def log(database: Database) -> AnswerLog:
    return AnswerLog(database)


def record(log: AnswerLog, **changes: object) -> AnswerRecord:
    usual = AnswerRecord(
        request_id=new_id(),
        tenant="acme",
        collection="manuals",
        question="How often?",
        answer="Every 6,000 hours.",
        citations=(CitedQuote(document_id="d1", document="pump.md", quote="every 6,000 hours – 水泵"),),
        version_ids=frozenset(),
        abstention=None,
        cached=False,
        experiment="depth",
        arm=Arm.TREATMENT,
        shadow_of=None,
        asked_at=log.now(),
        milliseconds=12.5,
        cost=Decimal("0.000000003"),
        currency="EUR",
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_what_is_remembered_comes_back_as_it_was(log: AnswerLog) -> None:
    answered = record(log)
    refused = record(log, abstention=AbstentionReason.WEAK_SUPPORT, answer="", arm=None, experiment=None, cost=None)
    log.add([answered, refused])
    found = {each.record.request_id: each for each in log.all_of("acme")}
    assert found[answered.request_id].record == answered
    assert found[refused.request_id].record == refused
    assert found[answered.request_id].feedback is None
    assert [each.record for each in log.all_of("acme", experiment="depth")] == [answered]
    assert log.all_of("other") == []


def test_a_later_verdict_takes_the_place_of_the_earlier_one(log: AnswerLog) -> None:
    answered = record(log)
    log.add([answered])
    assert log.judge(single_user("acme"), answered.request_id, DOWN).feedback == DOWN
    assert log.judge(single_user("acme"), answered.request_id, UP).feedback == UP
    [judged] = log.judged("acme")
    assert (judged.feedback, judged.record) == (UP, answered)


def test_feedback_is_listed_the_last_first_by_pages_and_by_verdict(log: AnswerLog, clock: Clock) -> None:
    answers = [record(log, request_id=new_id()) for _ in range(4)]
    log.add(answers)
    for answer, feedback in zip(answers, (UP, DOWN, UP), strict=False):
        log.judge(single_user("acme"), answer.request_id, feedback)
        clock.advance(1)
    ids = [answer.request_id for answer in answers]
    assert [each.record.request_id for each in log.judged("acme")] == [ids[2], ids[1], ids[0]]
    last = log.judged("acme", limit=1)[0]
    assert last.given_at is not None
    rest = log.judged("acme", after=(last.given_at, last.record.request_id), limit=1)
    assert [each.record.request_id for each in rest] == [ids[1]]
    assert [each.record.request_id for each in log.judged("acme", verdict=Verdict.UP)] == [ids[2], ids[0]]
    assert log.judged("other") == []


def test_nothing_can_be_said_of_what_another_tenant_asked_or_nobody_saw(log: AnswerLog) -> None:
    answered = record(log)
    shadow = record(log, shadow_of=answered.request_id)
    log.add([answered, shadow])
    for tenant, request_id in (("other", answered.request_id), ("acme", shadow.request_id), ("acme", new_id())):
        with pytest.raises(UnknownAnswerError, match="KEEP_DAYS"):
            log.judge(single_user(tenant), request_id, UP)


def test_old_answers_are_forgotten_with_what_was_said_of_them(log: AnswerLog, clock: Clock) -> None:
    old = record(log)
    log.add([old])
    log.judge(single_user("acme"), old.request_id, UP)
    clock.advance(2 * DAY_SECONDS)
    young = record(log)
    log.add([young])
    assert log.remove_old(days=1) == 1
    assert [each.record for each in log.all_of("acme")] == [young]
    assert log.judged("acme") == []
    assert log.remove_old(days=0) == 1


def test_an_answer_stays_with_its_conversation(log: AnswerLog, database: Database, clock: Clock) -> None:
    conversation_id = Conversations(database).create("acme", collection="manuals").conversation_id
    answered = record(log)
    begin = Turns(database).begin
    begin("acme", conversation_id, request_id=answered.request_id, collection="manuals", question="What is it?")
    log.add([answered])
    clock.advance(2 * DAY_SECONDS)
    assert log.remove_old(days=1) == 0
    Conversations(database).delete("acme", conversation_id)
    assert log.remove_old(days=1) == 1


def test_a_deleted_document_takes_the_answers_with_it_that_were_written_from_it(
    log: AnswerLog, register: Register
) -> None:
    kept, doomed = register.take_in("1", "kept.txt"), register.take_in("2", "doomed.txt")
    stays = record(log, version_ids=frozenset({kept.version_id}))
    goes = record(log, version_ids=frozenset({kept.version_id, doomed.version_id}))
    log.add([stays, goes])
    log.judge(single_user("acme"), goes.request_id, DOWN)
    register.deletions.delete_document("acme", doomed.document_id)
    assert [each.record.request_id for each in log.all_of("acme")] == [stays.request_id]
    assert log.judged("acme") == []


def test_an_answer_that_comes_after_the_delete_is_not_remembered(log: AnswerLog) -> None:
    late = record(log, version_ids=frozenset({"gone"}))
    on_time = record(log)
    log.add([late, on_time])
    assert [each.record.request_id for each in log.all_of("acme")] == [on_time.request_id]


def test_an_answer_comes_back_with_its_sentences_citations_and_facts(log: AnswerLog) -> None:
    answered = record(log, sentences=(SENTENCE, replace(SENTENCE, index=1, citations=(), facts=(), supported=False)))
    shadow = record(log, shadow_of=answered.request_id)
    log.add([answered, shadow])
    assert log.answer(single_user("acme"), answered.request_id) == answered
    for tenant, request_id in (("other", answered.request_id), ("acme", shadow.request_id), ("acme", new_id())):
        with pytest.raises(UnknownAnswerError):
            log.answer(single_user(tenant), request_id)


def test_an_answer_that_went_with_a_deleted_document_is_known_to_be_gone_for_as_long_as_answers_are_kept(
    log: AnswerLog, register: Register, clock: Clock
) -> None:
    doomed = register.take_in("1", "doomed.txt")
    answered = record(log, version_ids=frozenset({doomed.version_id}), sentences=(SENTENCE,))
    log.add([answered])
    register.deletions.delete_document("acme", doomed.document_id)
    with pytest.raises(RemovedAnswerError, match="was deleted"):
        log.answer(single_user("acme"), answered.request_id)
    with pytest.raises(UnknownAnswerError):
        log.answer(single_user("other"), answered.request_id)
    clock.advance(2 * DAY_SECONDS)
    log.remove_old(days=1)
    with pytest.raises(UnknownAnswerError):
        log.answer(single_user("acme"), answered.request_id)


def test_an_answer_whose_version_many_newer_ones_replaced_is_said_to_be_outdated(
    log: AnswerLog, register: Register
) -> None:
    first = register.take_in("1")
    answered = record(log, version_ids=frozenset({first.version_id}))
    log.add([answered])
    for content in ("2", "3"):
        register.take_in(content)
    assert log.answer(single_user("acme"), answered.request_id) == replace(answered, version_ids=frozenset())
    register.take_in("4")
    with pytest.raises(RemovedAnswerError, match="updated so often"):
        log.answer(single_user("acme"), answered.request_id)
