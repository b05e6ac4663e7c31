"""Politeness."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from feedsvc.sources.http.error_classes import AttemptError
from feedsvc.sources.http.per_host import PerHost


async def test_two_starts_at_one_host_have_a_gap_between_them() -> None:
    hosts, starts = PerHost(), []

    async def visit() -> None:
        async with hosts.turn("a", 0.05):
            starts.append(time.monotonic())

    await asyncio.gather(*(visit() for _ in range(3)))
    assert min(later - earlier for earlier, later in itertools.pairwise(starts)) >= 0.049


async def test_other_hosts_do_not_wait() -> None:
    hosts = PerHost()
    async with hosts.turn("a", 10), asyncio.timeout(9), hosts.turn("b", 10):
        pass


async def test_a_host_left_alone_refuses_at_once_and_only_itself() -> None:
    hosts = PerHost()
    hosts.leave_alone("a", 60)
    with pytest.raises(AttemptError) as raised:
        async with hosts.turn("a", 0):
            pass
    async with hosts.turn("b", 0):
        pass
    assert raised.value.kind == "wait"
    assert raised.value.wait is not None
    assert 59 < raised.value.wait <= 60


async def test_who_queued_before_the_host_asked_for_peace_is_refused_too() -> None:
    hosts = PerHost()

    async def visit() -> None:
        async with hosts.turn("a", 0):
            pass

    async with hosts.turn("a", 0):
        queued = asyncio.create_task(visit())
        await asyncio.sleep(0)
        hosts.leave_alone("a", 60)
    with pytest.raises(AttemptError):
        await queued


async def test_peace_is_never_shortened() -> None:
    hosts = PerHost()
    hosts.leave_alone("a", 60)
    hosts.leave_alone("a", 0)
    with pytest.raises(AttemptError):
        async with hosts.turn("a", 0):
            pass
