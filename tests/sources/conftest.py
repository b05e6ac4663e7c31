"""Servers and fetchers for the tests of sources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from feedsvc.model import FetchSettings
from feedsvc.sources import Fetcher
from tests.hostile.server import HostileServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUICK = FetchSettings(
    allow_networks=("127.0.0.1/32",),
    connect_seconds=10.0,
    silence_seconds=10.0,
    total_seconds=20.0,
    max_bytes=1 << 20,
    retries=0,
    host_gap_seconds=0.0,
)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[HostileServer]:
    """Return the misbehaving server."""
    async with HostileServer() as listening:
        yield listening


@pytest_asyncio.fixture
async def canary() -> AsyncIterator[HostileServer]:
    """Return an internal service that nobody may reach: one connection here means that the client was tricked."""
    async with HostileServer(address="127.0.0.2") as listening:
        yield listening


@pytest_asyncio.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """Return a fetcher that hardly waits between tries."""
    fetcher = Fetcher("feedsvc-tests", retry_wait=(0.0, 0.01))
    yield fetcher
    await fetcher.aclose()


@pytest.fixture
def quick() -> FetchSettings:
    """Return settings with one try, no gaps and a low limit, and 127.0.0.1 allowed."""
    return QUICK


@pytest.fixture
def now() -> datetime:
    """Return the present of the tests."""
    return NOW
