"""A host that is dead or slow delays its own entries and nobody else's: the real scheduler over a real service.

Nothing here is timed: the bad host stays bad until everything else has been published.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from feedsvc.app.clock import SystemClock
from feedsvc.model import Source
from feedsvc.schedule import RunStarter, TickSettings
from tests.loopback import QUICK, answering
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

MANY = 40
PATIENT = replace(QUICK, connect_seconds=900.0, silence_seconds=900.0)
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>
<item><guid>urn:x:{path}</guid><title>Notice {path}</title><description>Of the harbour.</description></item>
</channel></rss>"""


@dataclass
class Hosts:
    """Answers every path but /slow, which waits until it is let go."""

    go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        if request.path == "/slow":
            self.go.wait(300)
        body = FEED.format(path=request.path[1:]).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/rss+xml")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    state = Hosts()
    with answering(state.answer) as state.port:
        yield state
        state.go.set()


@pytest.fixture
def dead() -> Iterator[int]:
    """Return the port of a host that takes no connection: its queue is full, and nobody serves it."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        port = listening.getsockname()[1]
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", port))
        yield port
        for filler in fillers:
            filler.close()


class Daemon:
    """The scheduler over a service, without the server."""

    def __init__(self, home: Home) -> None:
        self.home = home
        home.service.clock = SystemClock()  # the scheduler goes by it
        self.planner = RunStarter(service=home.service, pace=TickSettings(tick=0.02, drain_run=5))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(300):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)

    def published(self) -> set[str]:
        """Return the names of the sources whose feeds are in place."""
        return {file.stem for file in (self.home.folder / "archive" / "feeds" / "source").glob("*.atom")}


def feeds(port: int) -> list[Source]:
    return [
        Source(name=f"feed-{n}", kind="feed", location=f"http://127.0.0.1:{port}/{n}", fetch=QUICK) for n in range(MANY)
    ]


def daemon_over(folder: Path, bad: Source, others: list[Source]) -> Daemon:
    return Daemon(Home(folder, bad, *others))


async def test_an_answer_that_takes_long_delays_nobody_else_and_is_asked_for_once(tmp_path: Path, hosts: Hosts) -> None:
    slow = Source(name="slow", kind="feed", location=f"http://localhost:{hosts.port}/slow", fetch=PATIENT)
    daemon = daemon_over(tmp_path, slow, feeds(hosts.port))
    daemon.planner.start()
    await daemon.until(lambda: len(daemon.published()) == MANY)
    assert "slow" not in daemon.published()
    assert hosts.asked.count("/slow") == 1
    hosts.go.set()
    await daemon.until(lambda: "slow" in daemon.published())
    await daemon.planner.drain()
    await daemon.home.service.close()
    assert hosts.asked.count("/slow") == 1


async def test_who_gives_up_waiting_for_a_run_does_not_end_it_for_others(tmp_path: Path, hosts: Hosts) -> None:
    slow = Source(name="slow", kind="feed", location=f"http://localhost:{hosts.port}/slow", fetch=PATIENT)
    service = Home(tmp_path, slow, *feeds(hosts.port)).service
    first = asyncio.create_task(service.ingest(["slow"]))
    async with asyncio.timeout(300):
        while "/slow" not in hosts.asked:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
        second = asyncio.create_task(service.ingest(["slow", "feed-0"]))
        while "/0" not in hosts.asked:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    second.cancel()
    await asyncio.wait([second])
    hosts.go.set()
    (report,) = await first
    await service.close()
    assert (second.cancelled(), report.source, report.added) == (True, "slow", 1)
    assert hosts.asked.count("/slow") == 1


async def test_a_host_that_takes_no_connection_delays_nobody_else_nor_the_end(
    tmp_path: Path, hosts: Hosts, dead: int
) -> None:
    bad = Source(name="dead", kind="feed", location=f"http://localhost:{dead}/feed", fetch=PATIENT)
    daemon = daemon_over(tmp_path, bad, feeds(hosts.port))
    daemon.planner.start()
    await daemon.until(lambda: len(daemon.published()) == MANY)
    await daemon.until(
        lambda: list(daemon.planner.running) == ["dead"]
    )  # the others' runs end a moment after their emission
    daemon.planner.pace = replace(daemon.planner.pace, drain_run=0.01)
    await daemon.planner.drain()
    async with asyncio.timeout(300):
        await daemon.home.service.close()


async def test_a_dead_network_delays_no_directory(tmp_path: Path, dead: int) -> None:
    unreachable = [replace(source, fetch=PATIENT) for source in feeds(dead)]
    posts = Source(name="posts", kind="directory", location=str(tmp_path / "content"))
    home = Home(tmp_path, *unreachable, posts)
    home.write("a.md", a_post())
    daemon = Daemon(home)
    daemon.planner.start()
    await daemon.until(lambda: daemon.published() == {"posts"})
    daemon.planner.pace = replace(daemon.planner.pace, drain_run=0.01)
    await daemon.planner.drain()
    await home.service.close()
