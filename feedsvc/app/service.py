"""A service: the concrete parts put together for one configuration.

    config.toml -> Config -> Service (lock, archive, readers, executors, publisher) -> ingest, emit, status

A `Service` holds the archive for writing. Its work runs in one thread at a time, whichever it is, since SQLite's
connection is handed from thread to thread and never shared.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import feedsvc
from feedsvc.app.announcing import Herald, Noted
from feedsvc.app.health import health_of
from feedsvc.app.planning import Planning, due_sources
from feedsvc.app.subscribing import LIST, expanded, follow
from feedsvc.errors import ConfigError
from feedsvc.executors import LimitedExecutor, LocalExecutor
from feedsvc.ingest import ingest
from feedsvc.pace import State
from feedsvc.ports import Intake, Outlet
from feedsvc.sources import KINDS, Fetcher
from feedsvc.store.archive import Archive
from feedsvc.store.lock import ArchiveLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from feedsvc.app.health import Health
    from feedsvc.app.planning import Planner
    from feedsvc.config import Config
    from feedsvc.emit import EmitReport
    from feedsvc.model import RunReport, Source
    from feedsvc.ports import Clock, Publisher, Reader, Store

log = logging.getLogger(__name__)

FEEDS_FOLDER = "feeds"


class SystemClock:
    """The time of this machine. Implements `feedsvc.ports.Clock`."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The service was asked to stop in the middle of a run; what was committed stays."""


class Service:
    """The parts put together for `config`; `what` names the command that holds the archive.

    `always_limited` digests even the operator's own files in another process, so that a server beside stays quick.

    Raises:
        ArchiveError: the archive is locked, damaged, newer or full.
    """

    def __init__(
        self,
        config: Config,
        what: str,
        *,
        planner: Planner,
        always_limited: bool = False,
        clock: Clock | None = None,
        namespace: UUID | None = None,
    ) -> None:
        self.config = self._configured = config  # as it is polled, and as it is written
        self.planner = planner
        self._always_limited = always_limited
        self.clock = clock or SystemClock()
        folder = Path(config.archive)
        self._lock = ArchiveLock(folder, what)
        try:
            self.archive = Archive(folder, feedsvc.__version__, namespace)
        except BaseException:
            self._lock.release()
            raise
        self.turn = threading.Lock()  # one run at a time
        self._stopping = False
        self._run_on: tuple[asyncio.AbstractEventLoop | None, asyncio.Task[object] | None] = None, None
        self._limited: LimitedExecutor | None = None
        self.archive.depends_on(emission_digest(config))
        self._herald = Herald(config, self.archive.operations.path, self.clock)
        self.config = expanded(config, self.archive)

    # ---------------------------------------------------------------- ingest

    async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
        """Read the sources `names`, emit what changed, and plan their next runs; the event loop stays free."""
        return await asyncio.to_thread(self.ingest_now, names)

    def ingest_now(
        self, names: Sequence[str], progress: Callable[[RunReport], None] | None = None, *, emit: bool = True
    ) -> list[RunReport]:
        """Do what `ingest` does, in this thread."""
        wanted = set(names)
        self._herald.tell(())  # what the hub did not take before
        with self.turn:
            if self._stopping:
                return []
            try:
                reports = [*self._follow_lists(wanted, progress), *self._read(wanted, progress)]
            except (Stopped, asyncio.CancelledError):
                log.info("the run was stopped between two batches; what was committed stays")
                return []
            if emit and self.archive.stale_feeds():
                self.emit_now()
        return reports

    def _follow_lists(self, wanted: set[str], progress: Callable[[RunReport], None] | None) -> list[RunReport]:
        """Read the subscription lists among `wanted`, and add to it the sources that are new or back through them."""
        lists = [source for source in self.config.sources if source.name in wanted and source.kind == LIST]
        if not lists:
            return []
        before = {source.name for source in self.config.sources}
        reports = asyncio.run(self._run(lists, progress))
        self.config = expanded(self._configured, self.archive)
        wanted |= {source.name for source in self.config.sources} - before
        return reports

    def _read(self, wanted: AbstractSet[str], progress: Callable[[RunReport], None] | None) -> list[RunReport]:
        sources = [source for source in self.config.sources if source.name in wanted and source.kind != LIST]
        return asyncio.run(self._run(sources, progress)) if sources else []

    async def _run(self, sources: Sequence[Source], progress: Callable[[RunReport], None] | None) -> list[RunReport]:
        fetcher, planning = (
            Fetcher(self.config.fetch.user_agent),
            Planning(self.archive, self.planner, self.config.timezone),
        )
        self._run_on = asyncio.get_running_loop(), asyncio.current_task()
        try:
            turn = asyncio.Lock()
            readers = {s.kind: KINDS[s.kind](fetcher, self.executor(s)) for s in sources if s.kind != LIST}
            runs = (
                self._one(source, readers[source.kind], planning, turn, progress)
                if source.kind != LIST
                else self._follow(source, fetcher, planning)
                for source in sources
            )
            reports = list(await asyncio.gather(*runs))
            planning.settle()
            return reports
        finally:
            self._run_on = None, None
            await fetcher.aclose()

    async def _one(
        self,
        source: Source,
        reader: Reader,
        planning: Planning,
        turn: asyncio.Lock,
        progress: Callable[[RunReport], None] | None,
    ) -> RunReport:
        def tell(report: RunReport) -> None:
            if self._stopping:
                raise Stopped
            if progress:
                progress(report)

        executor = self.executor(source)
        ports = Intake(reader=reader, store=self.archive, executor=executor, clock=self.clock, turn=turn)
        report = await ingest(planning.homed(source), ports, tell)
        async with turn:
            planning.note(source, report)
        return report

    async def _follow(self, listing: Source, fetcher: Fetcher, planning: Planning) -> RunReport:
        report = await follow(planning.homed(listing), fetcher, self.archive, self.clock)
        planning.note(listing, report)
        return report

    def executor(self, source: Source) -> LimitedExecutor | LocalExecutor:
        """Return where documents of `source` are digested: what strangers send is parsed under limits of time and memory."""
        if not (source.remote or self.config.workers or self._always_limited):
            return LocalExecutor()
        if self._limited is None:
            self._limited = LimitedExecutor(workers=max(1, self.config.workers))
        return self._limited

    def due(self, now: datetime) -> Sequence[str]:
        """Return the names of the sources that are due at `now` (UTC), those that have waited longest first."""
        return due_sources(self.config.sources, self.archive.operations.states(), now)

    def resume(self, name: str) -> None:
        """Ask the source `name` again at the next opportunity, whatever kept it from being asked."""
        state = self.archive.operations.states().get(name) or State(source=name)
        self.archive.operations.plan([replace(state, due=None, stopped=None, failures=0, error="", error_kind="")])

    # ---------------------------------------------------------------- emit

    def emit_now(
        self,
        only: Sequence[str] = (),
        *,
        everything: bool = False,
        progress: Callable[[int, int], None] | None = None,
        store: Store | None = None,
        publisher: Publisher | None = None,
    ) -> EmitReport:
        """Render and publish the feeds that changed: all when `everything`, those at the paths `only` if given.

        From this archive to its folder of feeds, unless another `store` or `publisher` is given.
        """
        from feedsvc.emit import emit  # noqa: PLC0415 - feedgen and lxml are heavy; most runs change nothing

        noted = Noted(publisher or self.publisher())
        outlet = Outlet(store=store or self.archive, publisher=noted)
        report = emit(outlet, self.config, self.archive.namespace, everything=everything, only=only, progress=progress)
        if publisher is None:
            self._herald.tell(noted.written)
        return report

    def publisher(self) -> Publisher:
        """Return where feeds go."""
        from feedsvc.publish import FilePublisher  # noqa: PLC0415 - as above

        return FilePublisher(Path(self.config.archive) / FEEDS_FOLDER)

    # ---------------------------------------------------------------- the rest

    def health(self) -> list[Health]:
        """Return how each configured source is, in their order."""
        return health_of(self.config, self.archive, self.clock.now())

    def reload(self, config: Config) -> None:
        """Take a changed configuration; the archive stays the one that is open.

        Raises:
            ConfigError: the archive would be another one, which needs a restart.
        """
        if config.archive != self.config.archive:
            raise ConfigError(f"service.archive: {config.archive!r} is another archive; restart the service for that")
        with self.turn:
            self._configured = config
            self._herald.end()
            self._herald = Herald(config, self.archive.operations.path, self.clock)
            self.config = expanded(config, self.archive)
            self.archive.depends_on(emission_digest(config))

    async def close(self) -> None:
        """Stop what runs at its next batch, and close the archive with its write-ahead logs brought in."""
        self._stopping = True
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """Do what `close` does, in this thread."""
        self._stopping = True
        loop, task = self._run_on
        if loop is not None and task is not None:
            with suppress(RuntimeError):  # it ended just now
                loop.call_soon_threadsafe(task.cancel)  # a fetch that waits; a batch is not cut
        with self.turn:
            self._herald.end()
            if self._limited:
                self._limited.close()
            with suppress(Exception):
                self.archive.checkpoint()
            self.archive.close()
            self._lock.release()


@contextmanager
def open_view(config: Config) -> Iterator[Archive]:
    """Open the archive of `config` for reading, beside whoever writes it.

    Raises:
        ArchiveError: there is none yet, or it cannot be read.
    """
    archive = Archive(Path(config.archive), feedsvc.__version__, readonly=True)
    try:
        yield archive
    finally:
        archive.close()


def emission_digest(config: Config) -> str:
    """Return a digest of all that the bytes of feeds depend on beside the articles."""
    parts = (feedsvc.__version__, config.title, config.url, config.language, config.feeds, config.custom)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
