from __future__ import annotations

import pytest

from rag.generation.endpoints.breaker import BreakerState, CircuitBreaker


class Seconds:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(clock: Seconds) -> CircuitBreaker:
    return CircuitBreaker(failures=3, seconds=10, clock=clock)


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.begin()
        breaker.fail()


def test_it_opens_after_failures_in_a_row_and_not_before(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    assert breaker.allows
    breaker.begin()
    breaker.succeed()
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker)
    assert (breaker.state, breaker.allows) == (BreakerState.OPEN, False)


def test_after_its_pause_it_lets_one_try(breaker: CircuitBreaker, clock: Seconds) -> None:
    fail(breaker, 3)
    clock.now = 9.9
    assert not breaker.allows
    clock.now = 10
    assert (breaker.state, breaker.allows) == (BreakerState.HALF_OPEN, True)
    breaker.begin()
    assert not breaker.allows
    breaker.succeed()
    assert (breaker.state, breaker.allows) == (BreakerState.CLOSED, True)


def test_the_pause_doubles_when_the_one_that_tries_fails_and_begins_anew_after_a_success(
    breaker: CircuitBreaker, clock: Seconds
) -> None:
    fail(breaker, 3)
    clock.now = 10
    fail(breaker)
    clock.now = 29.9
    assert not breaker.allows
    clock.now = 30
    assert breaker.allows
    breaker.begin()
    breaker.succeed()
    fail(breaker, 3)
    clock.now = 40
    assert breaker.allows


def test_the_pause_has_an_end(breaker: CircuitBreaker, clock: Seconds) -> None:
    fail(breaker, 3)
    for _ in range(20):
        clock.now += 300
        assert breaker.allows
        fail(breaker)


def test_one_that_tried_and_was_given_up_leaves_room_for_another(breaker: CircuitBreaker, clock: Seconds) -> None:
    fail(breaker, 3)
    clock.now = 10
    breaker.begin()
    breaker.abandon()
    assert (breaker.state, breaker.allows) == (BreakerState.HALF_OPEN, True)
