from __future__ import annotations

import pytest

from rag.access import passwords
from rag.catalog.access.people import People
from rag.catalog.access.users import User
from rag.errors import LoginFailedError, TooManyLoginsError
from tests.support.fakes.clock import Clock

PASSWORD = "correct horse battery staple"  # noqa: S105 - of a test


@pytest.fixture
def user(people: People, anna: User) -> User:
    people.users.set_password_hash(anna.user_id, passwords.hash_of(PASSWORD))
    return people.users.get("default", anna.user_id)


def fail(people: People, name: str, times: int, address: str = "10.0.0.1") -> None:
    for _ in range(times):
        with pytest.raises(LoginFailedError):
            people.logins.check(name, "wrong", address=address)


def test_a_name_is_known_whatever_its_case(people: People, user: User) -> None:
    assert people.logins.check(" ANNA ", PASSWORD, address="") == user


@pytest.mark.parametrize("name", ["Anna", "not-there"])
def test_failures_double_the_time_until_the_next_try_up_to_a_minute(
    people: People, user: User, clock: Clock, name: str
) -> None:
    assert user.name == "Anna"
    fail(people, name, 5)
    for wait in (1, 2, 4, 8, 16, 32, 60, 60):
        with pytest.raises(TooManyLoginsError) as refused:
            people.logins.check(name, PASSWORD, address="10.0.0.2")
        assert refused.value.values == {"seconds": wait}
        clock.advance(wait)
        fail(people, name, 1)


def test_a_success_forgets_the_failures_of_the_account(people: People, user: User) -> None:
    fail(people, "anna", 4)
    assert people.logins.check("anna", PASSWORD, address="10.0.0.1") == user
    fail(people, "anna", 4)
    assert people.logins.check("anna", PASSWORD, address="10.0.0.1") == user


def test_one_address_cannot_try_one_password_on_many_accounts(people: People, user: User) -> None:
    for number in range(20):
        fail(people, f"user{number}", 1, address="2001:db8::1")
    for address in ("2001:db8::1", "2001:db8::ffff"):
        with pytest.raises(TooManyLoginsError):
            people.logins.check("anna", PASSWORD, address=address)
    assert people.logins.check("anna", PASSWORD, address="2001:db8:0:1::1") == user


def test_logins_that_succeed_do_not_count_against_an_address(people: People, user: User) -> None:
    for _ in range(25):
        assert people.logins.check("anna", PASSWORD, address="10.0.0.9") == user


def test_failures_are_forgotten_after_a_day(people: People, user: User, clock: Clock) -> None:
    fail(people, "anna", 5)
    clock.advance(86_401)
    fail(people, "anna", 5)
    assert user.name == "Anna"
