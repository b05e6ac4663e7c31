"""The guard in front of every connection: resolve once, judge every answer, connect to a judged address.

It sits below httpcore, so first requests, redirects, retries and a name that changes its address all pass through it.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import httpcore

from feedsvc.sources.http.error_classes import AttemptError
from feedsvc.sources.http.public_networks import is_admitted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from concurrent.futures import Executor

_TRIES = 4  # addresses of one host


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets to public addresses and to those in `allow` (CIDR) only."""

    def __init__(self, allow: tuple[str, ...], resolve: Callable[[str, int], Awaitable[Sequence[str]]]) -> None:
        self._allow = allow
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to `host`; the time-out is over the name and all its addresses.

        Raises:
            AttemptError: kind "dns" or "blocked"; before a byte is sent to anyone.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._judged(host, port)
                return await self._first(addresses, port, timeout, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error

    async def sleep(self, seconds: float) -> None:
        """Pause, for httpcore."""
        await asyncio.sleep(seconds)

    async def _judged(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise AttemptError("dns", f"the name {host[:253]!r} cannot be resolved: {_told(error)}") from error
        if not addresses:
            raise AttemptError("dns", f"the name {host[:253]!r} has no address")
        if not all(
            is_admitted(address, self._allow) for address in addresses
        ):  # one is enough: half of a trap is a trap
            raise AttemptError(
                "blocked", f"{host[:253]!r} is not on the public Internet; `allow_networks` can name its network"
            )
        return addresses[:_TRIES]

    async def _first(
        self,
        addresses: Sequence[str],
        port: int,
        seconds: float | None,
        local_address: str | None,
        options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to the first address that answers; a silent one may cost its share of the time, no more."""
        share = None if seconds is None else seconds / len(addresses)
        last: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


def resolver(threads: Executor) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """Return the system's resolver, run in `threads` of its own: names that hang must not hold up what is not DNS."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(threads, _lookup, host, port)
        return list(dict.fromkeys(answers))

    return resolve


def _lookup(host: str, port: int) -> list[str]:
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _told(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is no valid name"
