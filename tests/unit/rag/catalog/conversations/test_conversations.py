from collections.abc import Callable

import pytest

from rag.answers import Role, Turn
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.records import TurnEnd, TurnState
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database, new_id
from rag.errors import UnknownConversationError
from tests.support.builders.register import Register
from tests.support.fakes.clock import Clock

DAY_SECONDS = 86_400
Ask = Callable[..., str]


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database)


@pytest.fixture
def ask(database: Database) -> Ask:
    """Asks and answers in a conversation; returns the turn's id."""
    turns = Turns(database)

    def asked(conversation_id: str, question: str, answer: str, *version_ids: str, **about: str) -> str:
        request_id = new_id()
        collection = about.get("collection", "manuals")
        turns.begin("acme", conversation_id, request_id=request_id, collection=collection, question=question)
        state = TurnState(about.get("state", "answered"))
        body = f'{{"answer": "{answer}"}}'
        end = TurnEnd(
            request_id=request_id,
            state=state,
            answer=answer,
            body=body,
            problem=None,
            version_ids=frozenset(version_ids),
        )
        turns.end(end)
        return request_id

    return asked


def begun(conversations: Conversations, title: str = "") -> str:
    return conversations.create("acme", collection="manuals", title=title).conversation_id


def titles(conversations: Conversations, words: str = "") -> list[str]:
    return [each.title for each in conversations.list("acme", words=words)]


def test_a_conversation_is_listed_from_its_first_question_on_which_gives_it_its_title(
    conversations: Conversations, ask: Ask
) -> None:
    conversation = begun(conversations)
    assert conversations.list("acme") == []
    ask(conversation, "How often is\n the pump serviced?", "Every year.")
    ask(conversation, "And the mill?", "Every month.")
    [record] = conversations.list("acme")
    assert (record.title, record.turns, record.pinned) == ("How often is the pump serviced?", 2, False)
    assert conversations.list("other") == []


def test_a_long_question_is_cut_at_a_space(conversations: Conversations, ask: Ask) -> None:
    ask(begun(conversations), "word " * 40, "Yes.")
    [title] = titles(conversations)
    assert title.endswith("word…")
    assert len(title) <= 80


def test_turns_come_back_in_order_as_they_were_stored(conversations: Conversations, ask: Ask) -> None:
    conversation = begun(conversations)
    first = ask(conversation, "One?", "1.")
    second = ask(conversation, "Two?", "2.", state="stopped")
    record, turns = conversations.get("acme", conversation)
    assert record.conversation_id == conversation
    assert [(each.request_id, each.question, each.body) for each in turns] == [
        (first, "One?", '{"answer": "1."}'),
        (second, "Two?", '{"answer": "2."}'),
    ]
    assert [each.state for each in turns] == [TurnState.ANSWERED, TurnState.STOPPED]


def test_pinned_ones_come_first_then_the_latest_by_pages(conversations: Conversations, ask: Ask, clock: Clock) -> None:
    ids = []
    for number in range(4):
        ids.append(begun(conversations))
        ask(ids[-1], f"Question {number}?", "Yes.")
        clock.advance(1)
    assert conversations.update("acme", ids[1], pinned=True).pinned
    expected = ["Question 1?", "Question 3?", "Question 2?", "Question 0?"]
    assert titles(conversations) == expected
    shown: list[str] = []
    after = None
    while page := conversations.list("acme", after=after, limit=1):
        shown += [each.title for each in page]
        after = page[-1].pinned, page[-1].updated_at, page[-1].conversation_id
    assert shown == expected


def test_each_word_is_searched_in_title_questions_and_answers(conversations: Conversations, ask: Ask) -> None:
    first, second = begun(conversations), begun(conversations)
    ask(first, "Wie groß ist der ÄRMEL?", "Der Ärmel misst 50 %.")
    ask(first, "And the pump_1?", "水泵每年检修。")
    ask(second, "What of 5000 things?", "Nothing.")
    conversations.update("acme", second, title="Holiday plans")
    one, two = "Wie groß ist der ÄRMEL?", "Holiday plans"
    expected = {
        "ärmel": [one],
        "50 %": [one],
        "pump_1 水泵": [one],
        "holiday nothing": [two],
        "ärmel nothing": [],
        "pumpX1": [],
        "  ": [two, one],
    }
    assert {words: titles(conversations, words) for words in expected} == expected


def test_a_name_that_was_given_stays_and_an_empty_change_changes_nothing(
    conversations: Conversations, ask: Ask
) -> None:
    conversation = begun(conversations, title="Mine")
    ask(conversation, "One?", "1.")
    assert titles(conversations) == ["Mine"]
    assert conversations.update("acme", conversation, title="Ours").title == "Ours"
    assert conversations.update("acme", conversation).title == "Ours"


def test_a_link_shows_the_conversation_until_it_is_taken_back(conversations: Conversations, ask: Ask) -> None:
    conversation = begun(conversations)
    ask(conversation, "One?", "1.")
    token = conversations.share("acme", conversation).share_token
    assert token is not None
    assert len(token) > 40
    assert conversations.share("acme", conversation).share_token == token
    assert conversations.shared("acme", token)[0].conversation_id == conversation
    with pytest.raises(UnknownConversationError):
        conversations.shared("other", token)
    assert conversations.unshare("acme", conversation).share_token is None
    with pytest.raises(UnknownConversationError):
        conversations.shared("acme", token)
    assert conversations.share("acme", conversation).share_token != token


def test_another_tenant_can_neither_read_nor_change_it(conversations: Conversations, ask: Ask) -> None:
    conversation = begun(conversations)
    ask(conversation, "One?", "1.")
    for call in (
        lambda: conversations.get("other", conversation),
        lambda: conversations.update("other", conversation, pinned=True),
        lambda: conversations.share("other", conversation),
        lambda: conversations.unshare("other", conversation),
        lambda: conversations.delete("other", conversation),
    ):
        with pytest.raises(UnknownConversationError, match="/v1/conversations"):
            call()
    assert titles(conversations) == ["One?"]


def test_it_is_deleted_with_its_turns_and_its_link(conversations: Conversations, ask: Ask) -> None:
    conversation = begun(conversations)
    ask(conversation, "One?", "1.")
    token = conversations.share("acme", conversation).share_token or ""
    conversations.delete("acme", conversation)
    assert conversations.list("acme") == []
    with pytest.raises(UnknownConversationError):
        conversations.shared("acme", token)


def test_it_is_kept_for_days_after_its_last_question_pinned_or_not(
    conversations: Conversations, ask: Ask, clock: Clock
) -> None:
    old, young = begun(conversations), begun(conversations)
    ask(old, "Old?", "Yes.")
    ask(young, "Young?", "Yes.")
    conversations.update("acme", old, pinned=True)
    clock.advance(2 * DAY_SECONDS)
    ask(young, "Still?", "Yes.")
    assert conversations.remove_old(days=1) == 1
    assert titles(conversations) == ["Young?"]
    assert conversations.remove_old(days=0) == 1


def test_one_that_no_question_was_asked_in_is_kept_for_a_day(conversations: Conversations, clock: Clock) -> None:
    begun(conversations)
    assert conversations.remove_old(days=30) == 0
    clock.advance(2 * DAY_SECONDS)
    assert conversations.remove_old(days=30) == 1


def test_a_deleted_document_takes_the_turns_with_it_that_were_written_from_it(
    conversations: Conversations, ask: Ask, register: Register
) -> None:
    kept, doomed = register.take_in("1", "kept.txt"), register.take_in("2", "doomed.txt")
    mixed, only = begun(conversations), begun(conversations)
    ask(mixed, "What is the secret?", "Marigold.", doomed.version_id)
    ask(mixed, "What is known?", "Much.", kept.version_id)
    ask(mixed, "And both?", "Marigold and much.", kept.version_id, doomed.version_id)
    ask(only, "Marigold?", "Yes.", doomed.version_id)
    token = conversations.share("acme", mixed).share_token or ""
    register.deletions.delete_document("acme", doomed.document_id)
    assert titles(conversations) == ["What is known?"]
    assert titles(conversations, "marigold") == []
    assert [each.question for each in conversations.shared("acme", token)[1]] == ["What is known?"]
    with pytest.raises(UnknownConversationError):
        conversations.get("acme", only)


def test_an_old_version_that_is_purged_takes_its_turns_with_it(
    conversations: Conversations, ask: Ask, register: Register
) -> None:
    first = register.take_in("1")
    conversation = begun(conversations, title="Mine")
    ask(conversation, "What was it?", "One.", first.version_id)
    for content in "234":
        register.take_in(content)
    register.purge_all()
    assert titles(conversations) == []


def test_a_turn_that_nothing_writes_any_more_is_shown_as_interrupted(
    conversations: Conversations, database: Database, clock: Clock
) -> None:
    conversation = begun(conversations)
    turns = Turns(database)
    turns.begin("acme", conversation, request_id="r1", collection="manuals", question="One?")
    for _ in range(3):
        clock.advance(25)
        turns.renew("r1")
        assert [each.state for each in conversations.get("acme", conversation)[1]] == [TurnState.RUNNING]
    clock.advance(31)
    assert [each.state for each in conversations.get("acme", conversation)[1]] == [TurnState.INTERRUPTED]
    history = turns.begin("acme", conversation, request_id="r2", collection="manuals", question="One?")
    assert history.turns == ()
    assert [each.request_id for each in conversations.get("acme", conversation)[1]] == ["r2"]


def test_the_last_answers_in_the_same_collection_are_what_a_question_follows(
    conversations: Conversations, ask: Ask, database: Database
) -> None:
    conversation = begun(conversations)
    ask(conversation, "One?", "1.")
    ask(conversation, "Elsewhere?", "0.", collection="others")
    ask(conversation, "Two?", "2.")
    ask(conversation, "Stopped?", "Half", state="stopped")
    ask(conversation, "Three?", "3.")
    history = Turns(database).begin("acme", conversation, request_id="r", collection="manuals", question="And four?")
    assert history.turns == (
        Turn(role=Role.USER, content="Two?"),
        Turn(role=Role.ASSISTANT, content="2."),
        Turn(role=Role.USER, content="Three?"),
        Turn(role=Role.ASSISTANT, content="3."),
    )
