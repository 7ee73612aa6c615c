from __future__ import annotations

import pytest

from rag.access.tokens import new_token
from rag.catalog.access.people import People
from rag.catalog.access.sessions import LoggedIn
from rag.catalog.access.users import User
from rag.errors import UnknownSessionError
from tests.support.fakes.clock import Clock

MINUTE, HOUR = 60, 3_600


@pytest.fixture
def token(people: People, anna: User) -> str:
    return _token(people.sessions.begin(anna.user_id))


def _token(session: LoggedIn | None) -> str:
    assert session is not None
    assert session.new_token is not None
    return session.new_token


def test_a_token_holds_for_its_user_and_no_other_does(people: People, anna: User, token: str) -> None:
    found = people.sessions.find(token)
    assert found is not None
    assert (found.user.name, found.new_token) == ("Anna", None)
    assert people.sessions.find(new_token()) is None
    assert people.sessions.find("") is None
    assert people.users.get("default", anna.user_id).last_login_at is not None


def test_a_token_is_replaced_in_time_and_the_old_one_soon_ends_the_session(
    people: People, token: str, clock: Clock
) -> None:
    clock.advance(16 * MINUTE)
    fresh = _token(people.sessions.find(token))
    assert fresh != token
    still_on_its_way = people.sessions.find(token)
    assert still_on_its_way is not None
    assert still_on_its_way.new_token is None
    clock.advance(2 * MINUTE)
    assert people.sessions.find(fresh) is not None
    assert people.sessions.find(token) is None
    assert people.sessions.find(fresh) is None


def test_a_session_ends_when_it_is_idle(people: People, token: str, clock: Clock) -> None:
    clock.advance(2 * HOUR + MINUTE)
    assert people.sessions.find(token) is None


def test_a_session_that_is_used_ends_after_its_time_all_the_same(people: People, token: str, clock: Clock) -> None:
    for _ in range(23):
        clock.advance(HOUR)
        token = _token(people.sessions.find(token))
    clock.advance(HOUR)
    assert people.sessions.find(token) is None


def test_sessions_are_listed_and_ended(people: People, anna: User, token: str) -> None:
    second = people.sessions.begin(anna.user_id)
    first, other = people.sessions.find(token), people.users.add("default", "bo", roles=[])
    assert first is not None
    assert [each.session_id for each in people.sessions.of(anna.user_id)] == [second.session_id, first.session_id]
    with pytest.raises(UnknownSessionError):
        people.sessions.end(other.user_id, first.session_id)
    people.sessions.end_others(anna.user_id, but=first.session_id)
    assert [each.session_id for each in people.sessions.of(anna.user_id)] == [first.session_id]
    people.sessions.end(anna.user_id, first.session_id)
    assert people.sessions.find(token) is None
