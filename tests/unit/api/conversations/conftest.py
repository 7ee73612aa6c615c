"""Live answers over a catalogue of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.conversations.live_answers import LiveAnswers
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "catalog.db")
    yield opened
    opened.close()


@pytest.fixture
def turns(database: Database) -> Turns:
    return Turns(database)


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database)


@pytest.fixture
def conversation(conversations: Conversations) -> str:
    return conversations.create("acme", collection="manuals").conversation_id


@pytest.fixture
def live_answers(turns: Turns) -> LiveAnswers:
    return LiveAnswers(turns)
