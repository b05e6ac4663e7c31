"""When sources are due, and that the daemon starts, plans, reloads and ends in good order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from feedsvc.config import Config, ServeConfig
from feedsvc.errors import ArchiveLostError, ConfigError
from feedsvc.model import RunReport, Source
from feedsvc.schedule import RunStarter, TickSettings, next_due, run_daemon, serve_only

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
QUICK = TickSettings(tick=0.02, drain_http=5, drain_run=5)


def source(**settings: Any) -> Source:
    return Source(**{"name": "posts", "kind": "directory", "location": "/content", **settings})


# ---------------------------------------------------------------- when


def test_every_counts_from_now() -> None:
    assert next_due(source(every=90.0), NOON, zone="UTC") == datetime(2026, 3, 4, 12, 1, 30, tzinfo=UTC)


def test_a_directory_that_does_not_say_is_read_every_ten_minutes() -> None:
    assert next_due(source(), NOON, zone="UTC") == datetime(2026, 3, 4, 12, 10, tzinfo=UTC)


def test_a_remote_source_that_does_not_say_is_read_every_hour() -> None:
    remote = source(kind="feed", location="https://example.org/atom.xml")
    assert next_due(remote, NOON, zone="UTC") == datetime(2026, 3, 4, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "expected"),
    [
        ("*/10 * * * *", "UTC", "2026-03-04T12:10:00"),
        ("30 6 * * *", "Asia/Shanghai", "2026-03-04T22:30:00"),  # 6:30 in China is 22:30 UTC the day before
        ("0 0 * * 0", "UTC", "2026-03-08T00:00:00"),  # Sunday
        ("0 0 * * 7", "UTC", "2026-03-08T00:00:00"),
        ("0 0 * * 1-5", "UTC", "2026-03-05T00:00:00"),
        ("0 0 * * 6-7", "UTC", "2026-03-07T00:00:00"),
        ("0 0 * * fri", "UTC", "2026-03-06T00:00:00"),
        ("0 0 * * */3", "UTC", "2026-03-07T00:00:00"),  # Sunday, Wednesday, Saturday
        ("0 0 1 1 *", "UTC", "2027-01-01T00:00:00"),
        ("0 12 * * *", "UTC", "2026-03-05T12:00:00"),  # now itself has been
    ],
)
def test_cron_is_read_in_the_zone_of_the_service(cron: str, zone: str, expected: str) -> None:
    after = NOON.replace(second=1)
    assert next_due(source(cron=cron, every=5.0), after, zone=zone).isoformat() == f"{expected}+00:00"


def test_a_time_that_a_zone_has_twice_runs_twice() -> None:
    zone, daily = "Europe/Berlin", source(cron="30 2 * * *")  # 2026-10-25: 2:30 comes twice
    first = next_due(daily, datetime(2026, 10, 24, 12, tzinfo=UTC), zone=zone)
    second = next_due(daily, first.replace(second=1), zone=zone)
    assert [first.isoformat(), second.isoformat()] == ["2026-10-25T00:30:00+00:00", "2026-10-25T01:30:00+00:00"]


def test_a_time_that_a_zone_skips_does_not_stop_the_schedule() -> None:
    daily = source(cron="30 2 * * *")  # 2026-03-29: there is no 2:30 in Berlin
    found = next_due(daily, datetime(2026, 3, 28, 12, tzinfo=UTC), zone="Europe/Berlin")
    assert found.isoformat() == "2026-03-29T01:30:00+00:00"


@pytest.mark.parametrize("cron", ["99 * * * *", "0 0 30 2 *", "0 0 * * nil"])
def test_a_cron_that_never_comes_is_the_mistake_of_the_user(cron: str) -> None:
    with pytest.raises(ConfigError):
        next_due(source(cron=cron), NOON, zone="UTC")


# ---------------------------------------------------------------- the daemon


@dataclass
class Recorder:
    """A service that keeps what it is asked."""

    config: Config = field(
        default_factory=lambda: Config(serve=ServeConfig(port=0), sources=(source(), source(name="planet")))
    )
    waiting: list[str] = field(default_factory=lambda: ["posts"])
    seconds: float = 0.0  # that a run takes
    fails: bool = False
    stays_due: bool = False  # whatever became of its runs
    runs: list[tuple[str, ...]] = field(default_factory=list)
    finished: int = 0
    closed: bool = False

    async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
        self.runs.append(tuple(names))
        self.waiting = self.waiting if self.stays_due else []
        await asyncio.sleep(self.seconds)
        if self.fails:
            raise RuntimeError("the disk is on fire")
        self.finished += 1
        return ()

    def due(self, now: datetime) -> Sequence[str]:
        del now
        return self.waiting

    def reload(self, config: Config) -> None:
        if config.archive != self.config.archive:
            raise ConfigError("service.archive: restart for that")
        self.config = config

    async def close(self) -> None:
        self.closed = True


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer everything with ok; /slow takes a moment."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/slow":
        await asyncio.sleep(0.3)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


class Daemon:
    """A daemon that runs in a task, with the address it said it serves."""

    def __init__(
        self, service: Recorder, pace: TickSettings = QUICK, reread: Callable[[], Config] | None = None
    ) -> None:
        self.service = service
        self.told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.reloaded: list[Config] = []
        self.task = asyncio.create_task(
            run_daemon(
                service,
                application,
                reread=reread or (lambda: service.config),
                reloaded=self.reloaded.append,
                ready=self.told.set_result,
                pace=pace,
            )
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(300):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.005)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        os.kill(os.getpid(), number)
        return await asyncio.wait_for(self.task, 300)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_0_and_everything_closed(number: signal.Signals) -> None:
    daemon = Daemon(Recorder())
    await daemon.told
    await daemon.until(lambda: daemon.service.finished > 0)
    assert await daemon.end(number) == 0
    assert daemon.service.closed


async def test_what_is_due_is_ingested_once() -> None:
    daemon = Daemon(Recorder())
    await daemon.until(lambda: daemon.service.finished > 0)
    await daemon.end()
    assert daemon.service.runs == [("posts",)]


async def test_a_run_that_is_on_is_finished_before_the_end() -> None:
    daemon = Daemon(Recorder(seconds=0.3))
    await daemon.until(lambda: bool(daemon.service.runs))
    await daemon.end()
    assert daemon.service.finished == 1


async def test_a_run_that_does_not_end_is_given_up() -> None:
    daemon = Daemon(Recorder(seconds=60), replace(QUICK, drain_run=0.05))
    await daemon.until(lambda: bool(daemon.service.runs))
    assert await daemon.end() == 0
    assert (daemon.service.finished, daemon.service.closed) == (0, True)


async def test_a_run_over_its_deadline_makes_room_for_the_next() -> None:
    daemon = Daemon(Recorder(seconds=60), replace(QUICK, run=0.05))
    await daemon.until(lambda: bool(daemon.service.runs))
    daemon.service.waiting = ["planet"]
    await daemon.until(lambda: len(daemon.service.runs) > 1)
    await daemon.end()
    assert daemon.service.runs[1] == ("planet",)


async def test_a_failed_run_does_not_end_the_daemon(caplog: pytest.LogCaptureFixture) -> None:
    daemon = Daemon(Recorder(fails=True))
    await daemon.until(lambda: bool(daemon.service.runs))
    daemon.service.waiting = ["planet"]
    await daemon.until(lambda: len(daemon.service.runs) > 1)
    assert await daemon.end() == 0
    assert "the disk is on fire" in caplog.text


async def test_a_run_that_breaks_off_is_not_begun_again_at_every_tick() -> None:
    broken = Recorder(waiting=["planet"], fails=True, stays_due=True)  # as when the disk is full: nothing can be noted
    planner = RunStarter(service=broken, pace=replace(QUICK, broken=3600.0))
    for _ in range(5):
        await planner.tick()
        await asyncio.gather(*planner.running.values())
    assert broken.runs == [("planet",)]


async def test_a_run_that_breaks_off_is_begun_again_after_a_while() -> None:
    broken = Recorder(waiting=["planet"], fails=True, stays_due=True)
    planner = RunStarter(service=broken, pace=replace(QUICK, broken=0.05))
    async with asyncio.timeout(300):
        while len(broken.runs) < 2:
            await planner.tick()
            await asyncio.sleep(0.01)
    await planner.drain()
    assert {*broken.runs} == {("planet",)}


@pytest.mark.parametrize("when", ["what is due", "a run"])
async def test_a_daemon_whose_archive_is_lost_ends_with_that(when: str, caplog: pytest.LogCaptureFixture) -> None:
    class Bereft(Recorder):
        def due(self, now: datetime) -> Sequence[str]:
            if when == "what is due":
                raise ArchiveLostError("archive.db was replaced")
            return super().due(now)

        async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
            del names
            raise ArchiveLostError("archive.db was replaced")

    daemon = Daemon(Bereft())
    with pytest.raises(ArchiveLostError, match="was replaced"):
        await asyncio.wait_for(daemon.task, 10)
    assert daemon.service.closed
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == [
        "ending: archive.db was replaced"
    ]


async def test_a_request_that_is_on_is_answered_before_the_end() -> None:
    daemon = Daemon(Recorder())
    address = await daemon.told
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = asyncio.create_task(client.get(f"{address}slow"))
        await asyncio.sleep(0.1)
        ended = asyncio.create_task(daemon.end())
        assert (await answer).text == "ok"
    assert await ended == 0


async def test_hangup_reads_the_configuration_again() -> None:
    service = Recorder()
    changed = replace(service.config, title="renamed")
    daemon = Daemon(service, reread=lambda: changed)
    await daemon.told
    os.kill(os.getpid(), signal.SIGHUP)
    await daemon.until(lambda: service.config.title == "renamed")
    await daemon.until(lambda: () in service.runs)  # what it changes is published at once
    await daemon.end()
    assert daemon.reloaded == [changed]


async def test_requests_are_answered_while_the_configuration_waits_to_be_taken() -> None:
    service = Recorder()
    begun, taken = threading.Event(), threading.Event()

    def slow() -> Config:
        begun.set()
        assert taken.wait(300)  # as for an emission that is under way
        return replace(service.config, title="renamed")

    daemon = Daemon(service, reread=slow)
    address = await daemon.told
    os.kill(os.getpid(), signal.SIGHUP)
    try:
        await daemon.until(begun.is_set)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(address)).text == "ok"
        assert not daemon.reloaded
    finally:
        taken.set()
    await daemon.until(lambda: service.config.title == "renamed")
    await daemon.end()
    assert len(daemon.reloaded) == 1


async def test_a_broken_configuration_leaves_the_old_one(caplog: pytest.LogCaptureFixture) -> None:
    service = Recorder()
    before = service.config

    def broken() -> Config:
        raise ConfigError("serve.port: 'x' is not a number")

    daemon = Daemon(service, reread=broken)
    await daemon.told
    os.kill(os.getpid(), signal.SIGHUP)
    await daemon.until(lambda: "is not a number" in caplog.text)
    await daemon.end()
    assert service.config is before


async def test_a_taken_port_is_said_clearly_and_the_service_is_closed() -> None:
    service = Recorder()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service.config = Config(serve=ServeConfig(port=taken.getsockname()[1]))
        with pytest.raises(ConfigError, match=r"serve\.port: cannot listen on 127\.0\.0\.1"):
            await run_daemon(service, application, reread=lambda: service.config)
    assert service.closed


async def test_serving_alone_ends_with_0() -> None:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve_only(application, Config(serve=ServeConfig(port=0)), ready=told.set_result, pace=QUICK)
    )
    address = await told
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(address)).text == "ok"
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(task, 300) == 0


async def test_a_clock_set_back_makes_everything_due_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Recorder(waiting=[])
    planner = RunStarter(service=service, pace=replace(QUICK, tick=3600))
    planner.start()
    try:
        await asyncio.sleep(0.05)
        assert service.runs == []
        hour_ago = time.time() - 3600
        monkeypatch.setattr(time, "time", lambda: hour_ago)
        planner.look_at_the_clock()
        async with asyncio.timeout(300):
            while not service.runs:  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.005)
    finally:
        await planner.drain()
    assert service.runs == [("posts",), ("planet",)]
