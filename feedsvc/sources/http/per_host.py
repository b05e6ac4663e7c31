"""Politeness: one request at a time at a host, a gap between two starts, and peace for one that asked for it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from feedsvc.sources.http.error_classes import AttemptError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_MANY = 4096  # hosts remembered before the idle ones are forgotten


@dataclass(slots=True)
class _Host:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0  # monotonic seconds
    retry_after: float = 0.0  # monotonic seconds
    users: int = 0

    def is_idle(self, now: float) -> bool:
        return not self.users and now > max(self.next_start, self.retry_after)


class PerHost:
    """Who may be asked when; one for the whole process, whatever the number of sources at a host."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, name: str, gap: float) -> AsyncIterator[None]:
        """Wait for one's turn at host `name`, at least `gap` seconds after the last start there.

        Raises:
            AttemptError: kind "wait", the host asked for peace; at once, without waiting.
        """
        host = self._host(name)
        host.users += 1
        try:
            async with host.turn:
                _refuse_in_peace(host)
                await asyncio.sleep(host.next_start - time.monotonic())  # at once when that is past
                host.next_start = time.monotonic() + gap
                yield
        finally:
            host.users -= 1

    def leave_alone(self, name: str, seconds: float) -> None:
        """Send nothing to host `name` for `seconds` from now."""
        host = self._host(name)
        host.retry_after = max(host.retry_after, time.monotonic() + seconds)

    def _host(self, name: str) -> _Host:
        if len(self._hosts) > _MANY:
            now = time.monotonic()
            self._hosts = {key: host for key, host in self._hosts.items() if not host.is_idle(now)}
        return self._hosts.setdefault(name, _Host())


def _refuse_in_peace(host: _Host) -> None:
    left = host.retry_after - time.monotonic()
    if left > 0:
        raise AttemptError("wait", f"the host asked for patience, {left:.0f} s more", wait=left)
