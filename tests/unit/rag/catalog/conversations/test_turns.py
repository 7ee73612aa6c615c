import pytest

from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.records import TurnEnd, TurnState
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database
from rag.errors import ConflictError, UnknownConversationError
from tests.support.builders.register import Register

QUESTION = "What is the code?"


@pytest.fixture
def turns(database: Database) -> Turns:
    return Turns(database)


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database)


@pytest.fixture
def conversation(conversations: Conversations) -> str:
    return conversations.create("acme", collection="manuals").conversation_id


def begin(turns: Turns, conversation: str, request_id: str, question: str = QUESTION) -> frozenset[str]:
    return turns.begin("acme", conversation, request_id=request_id, collection="manuals", question=question).version_ids


def end(request_id: str, *version_ids: str, state: TurnState = TurnState.ANSWERED) -> TurnEnd:
    return TurnEnd(
        request_id=request_id,
        state=state,
        answer="Marigold.",
        body=None,
        problem=None,
        version_ids=frozenset(version_ids),
    )


def states(conversations: Conversations, conversation: str) -> list[tuple[str, TurnState]]:
    return [(turn.request_id, turn.state) for turn in conversations.get("acme", conversation)[1]]


def test_a_question_in_another_tenants_conversation_is_refused(turns: Turns, conversation: str) -> None:
    with pytest.raises(UnknownConversationError):
        turns.begin("other", conversation, request_id="r1", collection="manuals", question=QUESTION)


def test_an_answer_that_ends_after_its_document_was_deleted_is_not_kept(
    turns: Turns, conversations: Conversations, conversation: str, register: Register
) -> None:
    doomed = register.take_in("1")
    begin(turns, conversation, "r1", "What is left?")
    turns.end(end("r1"))
    begin(turns, conversation, "r2")
    register.deletions.delete_document("acme", doomed.document_id)
    assert not register.catalog.are_readable(frozenset({doomed.version_id}))
    turns.end(end("r2", doomed.version_id))
    assert states(conversations, conversation) == [("r1", TurnState.ANSWERED)]
    assert conversations.list("acme", words="marigold code") == []


def test_a_conversation_that_is_deleted_meets_the_end_of_its_turn(
    turns: Turns, conversations: Conversations, conversation: str
) -> None:
    begin(turns, conversation, "r1")
    conversations.delete("acme", conversation)
    turns.end(end("r1"))
    assert conversations.list("acme") == []


def test_the_versions_of_earlier_turns_are_told_to_the_next(
    turns: Turns, conversation: str, register: Register
) -> None:
    version_id = register.take_in("1").version_id
    assert begin(turns, conversation, "r1") == frozenset()
    turns.end(end("r1", version_id))
    assert begin(turns, conversation, "r2") == {version_id}
    assert register.catalog.are_readable(frozenset({version_id}))


def test_the_same_question_takes_the_place_of_one_without_an_answer(
    turns: Turns, conversations: Conversations, conversation: str
) -> None:
    begin(turns, conversation, "r1")
    turns.end(end("r1", state=TurnState.FAILED))
    begin(turns, conversation, "r2")
    turns.end(end("r2"))
    begin(turns, conversation, "r3")
    assert states(conversations, conversation) == [("r2", TurnState.ANSWERED), ("r3", TurnState.RUNNING)]


def test_a_turn_takes_the_place_of_the_one_that_it_replaces(
    turns: Turns, conversations: Conversations, conversation: str
) -> None:
    for number in (1, 2, 3):
        begin(turns, conversation, f"r{number}", f"Question {number}?")
        turns.end(end(f"r{number}"))
    history = turns.begin(
        "acme", conversation, request_id="r4", collection="manuals", question="Question 2?", replaces="r2"
    )
    assert [turn.content for turn in history.turns] == ["Question 1?", "Marigold."]
    turns.begin("acme", conversation, request_id="r5", collection="manuals", question="Last?", replaces="gone")
    assert [name for name, _ in states(conversations, conversation)] == ["r1", "r4", "r3", "r5"]


def test_a_refused_question_leaves_nothing_not_even_a_title(
    turns: Turns, conversations: Conversations, conversation: str
) -> None:
    begin(turns, conversation, "r1", "?" * 20)
    turns.drop("r1")
    assert conversations.list("acme") == []
    begin(turns, conversation, "r2")
    assert [each.title for each in conversations.list("acme")] == [QUESTION]


def test_what_a_killed_process_was_writing_is_marked(
    turns: Turns, conversations: Conversations, conversation: str
) -> None:
    begin(turns, conversation, "r1")
    turns.interrupt_running()
    assert states(conversations, conversation) == [("r1", TurnState.INTERRUPTED)]


def test_a_conversation_has_so_many_turns_at_most(
    turns: Turns, conversation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.catalog.conversations.turns._MOST_TURNS", 1)
    begin(turns, conversation, "r1")
    with pytest.raises(ConflictError, match="Begin a new one"):
        begin(turns, conversation, "r2", "Another?")
