"""Run the service: one asyncio program with the scheduler, the web server and an orderly shutdown.

    tick -> which sources are due? -> one task per source: ingest (and emit), then the service plans its next run

A slow source delays only itself: it is not started again until its run has ended, and the other sources go on.
APScheduler holds one job, the tick. The service keeps the due times in its database, so that a restart misses none.
On SIGTERM or SIGINT no new run starts, open HTTP requests and runs are given time to finish, everything is closed, and
the exit code is 0. A second signal ends the process at once. SIGHUP reads the configuration again.

cron          computes when a source is due next. Pure
reload        reads the configuration again while the service goes on
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from feedsvc.errors import ArchiveLostError, ConfigError
from feedsvc.schedule.cron import next_due
from feedsvc.schedule.reload import Reloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from uvicorn import Server

    from feedsvc.config import Config
    from feedsvc.model import RunReport

    # Takes a protocol class of uvicorn, and returns one that answers some requests before uvicorn sees them.
    Front = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["DaemonService", "Ending", "RunStarter", "TickSettings", "next_due", "run_daemon", "serve_only"]

log = logging.getLogger(__name__)

_BACKLOG = 1024  # connections that wait to be accepted


class DaemonService(Protocol):
    """The service that the scheduler drives; `feedsvc.app.Service` implements it."""

    config: Config

    async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
        """Read the sources `names`, emit what changed, and plan their next runs."""
        ...

    def due(self, now: datetime) -> Sequence[str]:
        """Return the names of the sources that are due at `now` (UTC).

        Raises:
            ArchiveLostError: the archive was replaced, moved or removed.
        """
        ...

    def reload(self, config: Config) -> None:
        """Use a changed configuration from now on; raise ConfigError when the change needs a restart."""
        ...

    async def close(self) -> None:
        """Stop every run at its next batch, and close the archive."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSettings:
    """Intervals and time limits of the daemon, all in seconds."""

    # Time between two checks of what is due; one check costs 0.06 ms for 500 sources.
    tick: float = 0.2
    run: float = 6 * 3600.0  # one run of one source
    # Wait before reading a source again whose run broke off, for instance on a full disk: such a run plans no next one.
    broken: float = 60.0
    drain_http: float = 8.0  # longest wait for open requests at the end
    drain_run: float = 20.0  # longest wait for runs at the end
    # If the wall clock moves this much more or less than the monotonic clock, it was set.
    jump: float = 60.0


async def run_daemon(
    service: DaemonService,
    app: Any,  # noqa: ANN401 - an ASGI application
    *,
    reread: Callable[[], Config],
    reloaded: Callable[[Config], None] | None = None,
    ready: Callable[[str], None] | None = None,
    pace: TickSettings | None = None,
    front: Front | None = None,
) -> int:
    """Serve `app` and ingest the sources that are due until a signal arrives; return the exit code.

    `ready` is called with the address once the server answers. On SIGHUP `reread` reads the configuration again, and
    `reloaded` is called with it.

    Raises:
        ConfigError: the configured address cannot be listened on.
        ArchiveLostError: the archive was replaced, moved or removed while the service ran.
    """
    paced = pace or TickSettings()
    ending = Ending()
    planner = RunStarter(service=service, pace=paced, asked=ending.asked)
    reloads = Reloads(service=service, reread=reread, reloaded=reloaded)
    ending.on_hangup = reloads.ask
    try:
        with _listening(service.config) as listener:
            await _serve(app, listener, _telling(ready, service.config, listener), ending, paced, planner, front)
        await planner.drain()
        if planner.lost is not None:
            raise planner.lost
    finally:
        await reloads.ended()
        await service.close()
    return 0


async def serve_only(
    app: Any,  # noqa: ANN401
    config: Config,
    *,
    ready: Callable[[str], None] | None = None,
    pace: TickSettings | None = None,
    front: Front | None = None,
) -> int:
    """Serve `app` until a signal; return the exit code. `ready` is called with the address once the server answers.

    Raises:
        ConfigError: the configured address cannot be listened on.
    """
    with _listening(config) as listener:
        await _serve(app, listener, _telling(ready, config, listener), Ending(), pace or TickSettings(), None, front)
    return 0


@dataclass(slots=True)
class Ending:
    """Handles signals: the first one asks for an orderly end, the second ends the process at once."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    on_hangup: Callable[[], None] | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Handle SIGTERM, SIGINT and SIGHUP inside the `with` block, and remove the handlers at its end."""
        loop = asyncio.get_running_loop()
        wanted: dict[int, Callable[[], None]] = {
            signal.SIGTERM: lambda: self._end(signal.SIGTERM),
            signal.SIGINT: lambda: self._end(signal.SIGINT),
        }
        if self.on_hangup is not None:
            wanted[signal.SIGHUP] = self.on_hangup
        for number, action in wanted.items():
            loop.add_signal_handler(number, action)
        try:
            yield
        finally:
            for number in wanted:
                loop.remove_signal_handler(number)

    def _end(self, number: int) -> None:
        if self.asked.is_set():
            os._exit(128 + number)
        log.info("%s: ending; once more ends at once", signal.Signals(number).name)
        self.asked.set()


@dataclass(slots=True, kw_only=True)
class RunStarter:
    """Starts a run for each source that is due, never two runs of one source at a time, and lets runs finish at the end."""

    service: DaemonService
    pace: TickSettings
    # Set when the service has to end because the archive is lost.
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    lost: ArchiveLostError | None = None
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # by source
    # Source whose last run broke off -> earliest time of its next run, on the monotonic clock.
    _held: dict[str, float] = field(default_factory=dict)
    _scheduler: AsyncIOScheduler | None = None
    _offset: float = 0.0  # wall clock minus monotonic clock at the last check
    # True after the clock was set back: the stored due times are then meaningless, and every source is read.
    _everything: bool = False

    def start(self) -> None:
        """Start the tick."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - only a daemon schedules

        self._offset = time.time() - time.monotonic()
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.add_job(
            self.tick, "interval", seconds=self.pace.tick, id="tick", next_run_time=datetime.now(UTC)
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Start no further runs; those that are running go on."""
        if self._scheduler is not None:
            self._scheduler.pause()

    async def tick(self) -> None:
        """Start a run of each source that is due and is not running already."""
        try:
            names = self._names()
        except ArchiveLostError as error:
            self._end(error)
            return
        except Exception:
            log.exception("what is due cannot be found out; trying again in %g s", self.pace.tick)
            return
        for name in names:
            if name not in self.running and time.monotonic() >= self._held.get(name, 0.0):
                task = self.running[name] = asyncio.create_task(self._run(name), name=f"feedsvc-run {name}")
                task.add_done_callback(partial(self._ended, name))

    def look_at_the_clock(self) -> None:
        """Plan the next tick again after the wall clock was set: APScheduler would wait for the old time to come again."""
        offset = time.time() - time.monotonic()
        jump = offset - self._offset
        self._offset = offset
        if abs(jump) <= self.pace.jump or self._scheduler is None:
            return
        log.warning("the clock was set by %+.0f s; planning again", jump)
        self._everything = self._everything or jump < 0
        self._scheduler.modify_job("tick", next_run_time=datetime.now(UTC))

    async def drain(self) -> None:
        """Wait up to `drain_run` seconds for running sources, then cancel the rest. APScheduler would cancel at once."""
        if running := set(self.running.values()):
            log.info("waiting for %d runs that are on, %g s at most", len(running), self.pace.drain_run)
            _, late = await asyncio.wait(running, timeout=self.pace.drain_run)
            for task in late:
                log.warning("%s is stopped at its next batch; what was committed stays", task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)

    def _names(self) -> Sequence[str]:
        if self._everything:
            self._everything = False
            return [source.name for source in self.service.config.sources]
        return self.service.due(datetime.now(UTC))

    def _end(self, error: ArchiveLostError) -> None:
        if self.lost is None:
            log.error("ending: %s", error)
        self.lost = error
        self.asked.set()

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        if self.running.get(name) is task:
            del self.running[name]

    async def _run(self, name: str) -> None:
        try:
            async with asyncio.timeout(self.pace.run):
                await self.service.ingest([name])
        except TimeoutError:
            log.error("a run of %s took longer than %g s and was given up", name, self.pace.run)  # noqa: TRY400
        except ArchiveLostError as error:
            self._end(error)
        except Exception:
            log.exception("a run of %s failed", name)
        else:
            self._held.pop(name, None)
            return
        self._held[name] = time.monotonic() + self.pace.broken


async def _serve(
    app: Any,  # noqa: ANN401
    listener: socket.socket,
    ready: Callable[[], None],
    ending: Ending,
    pace: TickSettings,
    planner: RunStarter | None,
    front: Front | None,
) -> None:
    """Serve HTTP and let `planner` start runs until a signal arrives or the server fails; then drain HTTP."""
    server = _server(app, pace, front)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="feedsvc-http")
    with ending.watched():
        await _until_started(server, serving)
        if server.started:
            ready()
            if planner is not None:
                planner.start()
        await _until_ended(serving, ending, planner, pace)
        if planner is not None:
            planner.stop()
        server.should_exit = True
        await asyncio.wait({serving}, timeout=pace.drain_http + 2)
    if serving.done():
        serving.result()


async def _until_started(server: Server, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)


async def _until_ended(
    serving: asyncio.Task[None], ending: Ending, planner: RunStarter | None, pace: TickSettings
) -> None:
    """Wait for a signal or the end of the server; check meanwhile whether the clock was set."""
    asked = asyncio.create_task(ending.asked.wait())
    while not serving.done() and not asked.done():
        await asyncio.wait({serving, asked}, timeout=pace.tick, return_when=asyncio.FIRST_COMPLETED)
        if planner is not None:
            planner.look_at_the_clock()
    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked


def _server(app: Any, pace: TickSettings, front: Front | None) -> Server:  # noqa: ANN401
    import uvicorn  # noqa: PLC0415 - only there when something is served

    class Quiet(uvicorn.Server):
        """A server that leaves signals alone.

        After serving, uvicorn raises the signals that it caught once more, and that would end the process before it has
        closed the archive.
        """

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=int(pace.drain_http),
    )
    if front is not None:
        config.load()
        config.http_protocol_class = front(config.http_protocol_class)  # type: ignore[assignment]
    return Quiet(config)


@contextmanager
def _listening(config: Config) -> Iterator[socket.socket]:
    """Listen on the configured host and port, over IPv6 if the host is an IPv6 address."""
    host, port = config.serve.host, config.serve.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = _prompt(socket.create_server((host, port), family=family, backlog=_BACKLOG))
    except OSError as error:
        raise ConfigError(
            f"serve.port: cannot listen on {host}:{port} ({error.strerror or error}); stop what listens there, or choose another"
        ) from error
    with listener:
        yield listener


def _prompt(listener: socket.socket) -> socket.socket:
    """Return `listener` as a socket whose connections send each write at once (TCP_NODELAY).

    asyncio sets TCP_NODELAY only on sockets whose protocol is TCP, and a socket that was made without naming a protocol
    reports 0. The body of a response would then wait for the acknowledgement of its head: 40 ms on a kept-alive
    connection. A socket made from the descriptor alone learns its protocol from the operating system.
    """
    prompt = socket.socket(fileno=listener.detach())
    if prompt.family in (socket.AF_INET, socket.AF_INET6):
        # Linux and BSD pass the option on to accepted connections, also where the protocol cannot be asked for.
        prompt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return prompt


def _telling(ready: Callable[[str], None] | None, config: Config, listener: socket.socket) -> Callable[[], None]:
    host, port = config.serve.host, listener.getsockname()[1]
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    def tell() -> None:
        log.info("serving %s", address)
        if ready is not None:
            ready(address)

    return tell
