from __future__ import annotations

import asyncio

import pytest

from api.middleware.fair_queue import FairQueue
from rag.errors import TooManyQuestionsError


class Visitors:
    """Join a queue, keep their places until ``finish``, and are recorded in the order in which they got a place."""

    def __init__(self, queue: FairQueue) -> None:
        self.queue = queue
        self.admitted: list[str] = []
        self.refused: list[str] = []
        self._stay = asyncio.Event()

    async def come(self, tenant: str) -> None:
        try:
            async with self.queue.place(tenant):
                self.admitted.append(tenant)
                await self._stay.wait()
        except TooManyQuestionsError:
            self.refused.append(tenant)

    async def arrive(self, tenants: str) -> list[asyncio.Task[None]]:
        """One task a letter, in this order."""
        tasks = []
        for tenant in tenants:
            tasks.append(asyncio.create_task(self.come(tenant)))
            await asyncio.sleep(0)
        return tasks

    def finish(self) -> None:
        self._stay.set()


async def test_so_many_run_and_wait_and_the_rest_is_refused() -> None:
    visitors = Visitors(FairQueue(places=2, waiting=3, seconds=60))
    tasks = await visitors.arrive("aaaaaaa")
    assert (visitors.queue.running, visitors.queue.waiting, len(visitors.refused)) == (2, 3, 2)
    visitors.finish()
    await asyncio.gather(*tasks)
    assert len(visitors.admitted) == 5
    assert (visitors.queue.running, visitors.queue.waiting) == (0, 0)


async def test_tenants_take_turns() -> None:
    visitors = Visitors(FairQueue(places=1, waiting=20, seconds=60))
    tasks = await visitors.arrive("aaaaabbc")
    visitors.finish()
    await asyncio.gather(*tasks)
    assert "".join(visitors.admitted) == "aabcabaa"


async def test_a_tenant_that_fills_the_queue_makes_way_for_others_who_share_what_there_is() -> None:
    visitors = Visitors(FairQueue(places=1, waiting=4, seconds=60))
    tasks = await visitors.arrive("aaaaa" + "bbb" + "a")
    assert visitors.queue.waiting == 4
    visitors.finish()
    await asyncio.gather(*tasks)
    assert visitors.admitted.count("b") == 2
    assert sorted(visitors.refused) == ["a", "a", "a", "b"]


async def test_one_that_waits_too_long_is_refused_and_its_place_in_the_queue_is_free() -> None:
    visitors = Visitors(FairQueue(places=1, waiting=1, seconds=0.01))
    first, second = await visitors.arrive("ab")
    await second
    assert (visitors.refused, visitors.queue.waiting) == (["b"], 0)
    visitors.finish()
    await first
    async with visitors.queue.place("c"):
        assert visitors.queue.running == 1


async def test_one_that_leaves_while_it_waits_takes_no_place() -> None:
    visitors = Visitors(FairQueue(places=1, waiting=9, seconds=60))
    first, second, third = await visitors.arrive("aab")
    second.cancel()
    visitors.finish()
    await asyncio.gather(first, third)
    with pytest.raises(asyncio.CancelledError):
        await second
    assert (visitors.admitted, visitors.queue.running, visitors.queue.waiting) == (["a", "b"], 0, 0)


async def test_one_that_leaves_in_the_moment_it_gets_its_place_gives_it_on() -> None:
    queue = FairQueue(places=1, waiting=9, seconds=60)
    visitors = Visitors(queue)
    holder = queue.place("a")
    await holder.__aenter__()
    second, third = await visitors.arrive("ab")
    await holder.__aexit__(None, None, None)  # gives the place to the second, which has not run yet
    second.cancel()
    visitors.finish()
    await third
    assert visitors.admitted == ["b"]
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_place_is_free_again_after_an_error() -> None:
    queue = FairQueue(places=1, waiting=0, seconds=60)
    with pytest.raises(ZeroDivisionError):
        async with queue.place("a"):
            raise ZeroDivisionError
    assert queue.running == 0


def test_a_refusal_says_what_to_do() -> None:
    assert "Try again" in str(TooManyQuestionsError(running=64, waiting=64))
