"""A client that polls one address over many connections, as a process of its own; bounded, and it prints JSON.

    python benchmarks/polling.py HOST PORT PATH --clients 50 --requests 1000 [--every 0.25] [--header "name: value"]...

Without `--every` each connection asks again as soon as it was answered. With it each asks every so many seconds, and a request
that could not be sent in time counts as waiting from when it was due.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from contextlib import suppress


class Poller(asyncio.Protocol):
    """One connection: asks, reads the answer whole, and asks again until it has asked often enough."""

    def __init__(self, request: bytes, number: int, begin: float, every: float) -> None:
        self._request = request
        self._left = number
        self._due = begin
        self._every = every
        self._wanted = -1  # bytes of the answer that are still to come; -1 = its head is not complete
        self._head = b""
        self.taken: list[float] = []  # seconds
        self.statuses: Counter[str] = Counter()
        self.received = 0  # bytes
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        self.received += len(data)
        if self._wanted < 0:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self.statuses[head[9:12].decode()] += 1
            self._wanted = _length(head) - len(rest)
        else:
            self._wanted -= len(data)
        if self._wanted <= 0:
            self.taken.append(time.perf_counter() - self._due)
            self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """Be done, whoever closed it."""
        del error
        if not self.done.done():
            self.done.set_result(None)

    def _next(self) -> None:
        if not self._left:
            self._transport.close()
            return
        self._left -= 1
        now = time.perf_counter()
        if not self._every:
            self._due = now
        elif self.taken:
            self._due += self._every
        asyncio.get_running_loop().call_later(max(0.0, self._due - now), self._ask)

    def _ask(self) -> None:
        self._head, self._wanted = b"", -1
        self._transport.write(self._request)


def _length(head: bytes) -> int:
    if head[9:12] == b"304":
        return 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise ValueError(f"no length in {head!r}")


async def poll(chosen: argparse.Namespace) -> dict[str, object]:
    """Ask as often as `chosen` says; return what was answered, and how fast."""
    lines = [f"GET {chosen.path} HTTP/1.1", f"Host: {chosen.host}", *chosen.header, "", ""]
    request = "\r\n".join(lines).encode()
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    step = chosen.every / chosen.clients
    pollers = []
    for number in range(chosen.clients):
        share = chosen.requests // chosen.clients + (number < chosen.requests % chosen.clients)
        begin = begun + 0.2 + number * step
        made = lambda share=share, begin=begin: Poller(request, share, begin, chosen.every)  # noqa: E731
        pollers.append((await loop.create_connection(made, chosen.host, chosen.port))[1])
    with suppress(TimeoutError):
        async with asyncio.timeout(chosen.seconds):
            await asyncio.gather(*(poller.done for poller in pollers))
    taken = sorted(each for poller in pollers for each in poller.taken)
    return {
        "statuses": dict(sum((poller.statuses for poller in pollers), Counter())),
        "bytes": sum(poller.received for poller in pollers),
        "seconds": time.perf_counter() - begun,
        "p50": taken[len(taken) // 2],
        "p99": taken[len(taken) * 99 // 100],
        "worst": taken[-1],
    }


def main() -> None:
    """Poll, and print one line of JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("host")
    arguments.add_argument("port", type=int)
    arguments.add_argument("path")
    arguments.add_argument("--clients", type=int, default=50)
    arguments.add_argument("--requests", type=int, default=1000, help="in all")
    arguments.add_argument("--every", type=float, default=0.0, help="seconds between two requests of one client")
    arguments.add_argument("--seconds", type=float, default=60.0, help="after which it gives up")
    arguments.add_argument("--header", action="append", default=[], help='"name: value"')
    print(json.dumps(asyncio.run(poll(arguments.parse_args()))))


if __name__ == "__main__":
    main()
