"""A service: the concrete parts put together for one configuration.

    config.toml -> Config -> Service (lock, archive, readers, executors, publisher) -> ingest, emit, status

    due -> run (fetch | digest | the archive's owner: commit) -> plan -> one emission for all that committed meanwhile

A `Service` holds the archive for writing. Each source is read by a task of its own in an event loop of their own, so that none
waits for a slower one. One thread owns the connections that write, and does what is sent to it in order of arrival
(`feedsvc.store.owner`); everything that only reads opens a connection of its own (`Service.view`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import feedsvc
from feedsvc import plugins
from feedsvc.app.archive_access import FeedPagesAccess, StaleFeedsAccess, open_view
from feedsvc.app.clock import SystemClock
from feedsvc.app.due_times import DueTimes
from feedsvc.app.emissions import Emissions, emission_digest
from feedsvc.app.health import health_of
from feedsvc.app.loop_thread import LoopThread
from feedsvc.app.mirror.worker import Mirror
from feedsvc.app.pictures.policy import PicturePolicy
from feedsvc.app.subscriptions import expanded, follow, is_list
from feedsvc.app.websub import RecordingPublisher, WebSubNotifier
from feedsvc.errors import ConfigError
from feedsvc.executors import LimitedExecutor, LocalExecutor
from feedsvc.ingest import ingest
from feedsvc.model import catalog, layout
from feedsvc.ports import Intake, Outlet
from feedsvc.shield import in_thread, until_ended
from feedsvc.sources import KINDS, Fetcher
from feedsvc.store.archive import Archive
from feedsvc.store.lock import ArchiveLock
from feedsvc.store.owner import owned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from feedsvc.app.due_times import Planner
    from feedsvc.app.health import Health
    from feedsvc.app.mirror.sync import SyncReport
    from feedsvc.app.pictures.download import DownloadReport, PictureDownloads
    from feedsvc.config import Config
    from feedsvc.emit import EmitReport
    from feedsvc.model import RunReport, Source
    from feedsvc.ports import Clock, Publisher
    from feedsvc.publish import FileSpool

    Progress = Callable[[RunReport], None]

log = logging.getLogger(__name__)

OPS_FILE = "ops.db"
_AT_ONCE = 8  # batches that are digested or wait to be written: what bounds memory when a thousand feeds answer


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
        self._always_limited = always_limited
        self.clock = clock or SystemClock()
        self._stopping = False
        self._emitting = threading.Lock()  # one emission at a time, by one configuration
        self._loop = LoopThread("ingest", self._closing)
        self._running: dict[str, asyncio.Task[RunReport]] = {}  # by source
        self._emissions = Emissions(self.emit_now)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._limited: LimitedExecutor | None = None
        self._collector: PictureDownloads | None = None
        self._shown = PicturePolicy(lambda: self.config)
        folder = Path(config.archive)
        with ExitStack() as failed:
            self._lock = ArchiveLock(folder, what)
            failed.callback(self._lock.release)
            self.owner = owned(lambda: Archive(folder, plugins.program(feedsvc.__version__), namespace))
            failed.callback(self.owner.close)
            self.owner.call(lambda archive: self._begin(archive, planner))
            self._websub = WebSubNotifier(config, folder / OPS_FILE, self.clock)
            self._mirror = Mirror(config, folder / OPS_FILE, self.clock)
            self._fetcher = Fetcher(config.fetch.user_agent)
            failed.pop_all()

    def _begin(self, archive: Archive, planner: Planner) -> None:
        """Bring `archive` in step with the configuration, and keep what is asked of it in any thread."""
        lost = not (Path(self.config.archive) / layout.FEEDS).is_dir()
        archive.depends_on(emission_digest(self.config), lost=lost)
        self.config = expanded(self.config, archive)
        self.namespace, self._planning = archive.namespace, DueTimes(archive, planner)
        self._refuse_replaced = archive.refuse_replaced  # asks the file system, no connection

    # ---------------------------------------------------------------- ingest

    async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
        """Read the sources `names`, emit what changed, and plan their next runs; the event loop stays free.

        May be called while others are read: runs are independent of each other, and none waits for a slower one.
        """
        reports = await asyncio.wrap_future(self._loop.submit(self._ingest(names, None, emit=True)))
        if not self._stopping:
            self._loop.submit(self._collect()).add_done_callback(_told)  # nobody waits for pictures
        return reports

    def ingest_now(
        self, names: Sequence[str], progress: Callable[[RunReport], None] | None = None, *, emit: bool = True
    ) -> list[RunReport]:
        """Do what `ingest` does, and wait for it; `progress` is told of every batch, in another thread."""
        try:
            return self._loop.submit(self._ingest(names, progress, emit=emit)).result()
        except (Stopped, CancelledError):
            log.info("the run was stopped between two batches; what was committed stays")
            return []

    async def _ingest(self, names: Sequence[str], progress: Progress | None, *, emit: bool) -> list[RunReport]:
        if self._stopping:
            return []
        wanted = set(names)
        await in_thread(partial(self._websub.tell, ()))  # what the hub did not take before; it asks ops.db
        self._mirror.tell(())  # nor what publishes elsewhere
        reports = await self._follow_lists(wanted, progress)
        sources = [source for source in self.config.sources if source.name in wanted and not is_list(source)]
        reports += await self._read(sources, progress)
        if any(catalog.KINDS[source.kind].files and source.media == "images" for source in sources):
            await self._gathering().read(self.config)
        if emit:
            await self._publish_stale()
        return reports

    async def _publish_stale(self) -> None:
        """Return after an emission, if there is anything to emit."""
        if await self.owner.run(lambda archive: archive.stale_feeds()):
            await self._emissions.after(alone=not self._running)

    async def _follow_lists(self, wanted: set[str], progress: Progress | None) -> list[RunReport]:
        """Read the subscription lists among `wanted`, and add to it the sources that are new or back through them."""
        lists = [source for source in self.config.sources if source.name in wanted and is_list(source)]
        if not lists:
            return []
        before = {source.name for source in self.config.sources}
        reports = await self._read(lists, progress)
        self.config = await self.owner.run(lambda archive: expanded(self._configured, archive))
        wanted |= {source.name for source in self.config.sources} - before
        return reports

    async def _read(self, sources: Sequence[Source], progress: Progress | None) -> list[RunReport]:
        """Return the reports of `sources` in their order; when one cannot go on (a full disk), the others are stopped too."""
        others = [self._running.get(source.name) for source in sources]  # under way for somebody else: not ours to stop
        tasks = [self._run_of(source, progress) for source in sources]
        own = [task for task, other in zip(tasks, others, strict=True) if other is None]
        try:
            return list(await asyncio.gather(*(task if task in own else asyncio.shield(task) for task in tasks)))
        finally:
            for task in own:
                task.cancel()
            await until_ended(own)

    def _run_of(self, source: Source, progress: Progress | None) -> asyncio.Task[RunReport]:
        """Return the run of `source` that is under way, else a new one: nothing is read twice at a time."""
        task = self._running.get(source.name)
        if task is None:
            run = self._follow(source) if is_list(source) else self._one(source, progress)
            task = self._running[source.name] = asyncio.create_task(run, name=source.name)
            task.add_done_callback(lambda _: self._running.pop(source.name, None))
        return task

    async def _one(self, source: Source, progress: Progress | None) -> RunReport:
        def tell(report: RunReport) -> None:
            if self._stopping:
                raise Stopped
            if progress:
                progress(report)

        executor = self.executor(source)
        reader = KINDS[source.kind](self._fetcher, executor)
        ports = Intake(reader=reader, archive=self.owner, executor=executor, clock=self.clock, room=self._room)
        report = await ingest(await self._prepared(source), ports, tell)
        await self._note(source, report)
        return report

    async def _prepared(self, source: Source) -> Source:
        """Return `source` as it is read now: where it is, and what it may have missed."""
        homed = self._planning.homed(source)
        if not self._planning.is_missing(source, self.clock.now()):
            return homed
        return await self.owner.run(lambda archive: self._planning.searching(archive, homed))

    async def _follow(self, listing: Source) -> RunReport:
        homed = self._planning.homed(listing)
        report = await follow(homed, self._fetcher, self.owner, self.clock)
        await self._note(listing, report)
        return report

    async def _note(self, source: Source, report: RunReport) -> None:
        zone = self.config.timezone
        await self.owner.run(lambda archive: self._planning.note(archive, source, report, zone))

    # ---------------------------------------------------------------- pictures

    def collect_now(self, *, emit: bool = True) -> DownloadReport | None:
        """Keep pictures of articles for a bounded time, and emit what shows them now; None where none are kept at all."""
        try:
            return self._loop.submit(self._collect(emit=emit)).result()
        except CancelledError:
            return None

    async def _collect(self, *, emit: bool = True) -> DownloadReport | None:
        if self._shown() is None:
            return None
        done = await self._gathering().collect(self.config, self._fetcher)
        if done.changed and emit:
            await self._publish_stale()
        return done

    def _gathering(self) -> PictureDownloads:
        from feedsvc.app.pictures.download import PictureDownloads  # noqa: PLC0415 - brings the rules; most archives keep no pictures

        self._collector = self._collector or PictureDownloads(
            Path(self.config.archive), self.owner, self.view, self.clock
        )
        return self._collector

    def executor(self, source: Source) -> LimitedExecutor | LocalExecutor:
        """Return where documents of `source` are digested: what strangers send is parsed under limits of time and memory."""
        if not (source.remote or self.config.workers or self._always_limited):
            return LocalExecutor()
        if self._limited is None:
            self._limited = LimitedExecutor(workers=max(1, self.config.workers))
        return self._limited

    def due(self, now: datetime) -> Sequence[str]:
        """Return the names of the sources that are due at `now` (UTC), longest first; ArchiveLostError if it was replaced."""
        self._refuse_replaced()
        return self._planning.due(self.config.sources, now)

    def resume(self, name: str) -> None:
        """Ask the source `name` again at the next opportunity, whatever kept it from being asked."""
        self.owner.call(lambda archive: self._planning.resume(archive, name))

    # ---------------------------------------------------------------- emit

    def emit_now(
        self,
        only: Sequence[str] = (),
        *,
        everything: bool = False,
        progress: Callable[[int, int], None] | None = None,
        publisher: Publisher | None = None,
        mark: bool = True,
        mirror: bool = True,
    ) -> EmitReport:
        """Render and publish the feeds that changed: all when `everything`, those at the paths `only` if given.

        They go to the archive's folder of feeds, unless another `publisher` is given, and are marked as emitted, unless `mark` is
        false. If `mirror`, they are published at the other place of the configuration too, in the background.

        The archive is read by a connection of this thread: commits go on meanwhile, and what they change stays stale.
        """
        from feedsvc.emit import emit  # noqa: PLC0415 - feedgen and lxml are heavy; most runs change nothing

        owner = self.owner if mark else None
        with self._emitting, self.view() as view, closing(self._spool()) as spool:
            # made while no other emission is under way: it clears away what an earlier one left behind
            noted = RecordingPublisher(publisher or self.publisher())
            outlet = Outlet(
                stale=StaleFeedsAccess(view, owner),
                articles=view,
                pages=FeedPagesAccess(view, owner),
                publisher=noted,
                spool=spool,
            )
            report = emit(outlet, self.config, self.namespace, everything=everything, only=only, progress=progress)
        if publisher is None:
            self._websub.tell(noted.written)
            if mirror:
                self._mirror.tell(noted.changed)
        return report

    def mirror_now(self, *, everything: bool = False) -> SyncReport | None:
        """Publish elsewhere what is not there as it is, or `everything`, and wait for it; None when there is nowhere to.

        Raises:
            PublishError: the place cannot be talked to at all.
        """
        return self._mirror.now(anew=everything)

    def publisher(self) -> Publisher:
        """Return where feeds go."""
        from feedsvc.publish import FilePublisher  # noqa: PLC0415 - as above

        return FilePublisher(Path(self.config.archive) / layout.FEEDS)

    def _spool(self) -> FileSpool:
        from feedsvc.publish import FileSpool  # noqa: PLC0415 - as above

        return FileSpool(Path(self.config.archive))

    # ---------------------------------------------------------------- the rest

    @contextmanager
    def view(self) -> Iterator[Archive]:
        """Open the archive for reading, in the calling thread and for it alone; others write meanwhile.

        Raises:
            ArchiveError: it cannot be read.
        """
        self._refuse_replaced()  # the owner would still have the old files
        with open_view(self.config) as archive:
            archive.shown = self._shown
            yield archive

    def stale_feeds(self) -> frozenset[str]:
        """Return the paths of the feeds that wait to be emitted; "*" = all."""
        return self.owner.call(lambda archive: archive.stale_feeds())

    def health(self) -> list[Health]:
        """Return how each configured source is, in their order."""
        with self.view() as view:
            return health_of(self.config, view, self.clock.now())

    def reload(self, config: Config) -> None:
        """Take a changed configuration; the archive stays the one that is open.

        What publishes elsewhere ends its pass first, which may take a while; runs and emissions go on meanwhile.

        Raises:
            ConfigError: the archive would be another one, which needs a restart.
        """
        if config.archive != self.config.archive:
            raise ConfigError(f"service.archive: {config.archive!r} is another archive; restart the service for that")
        self._websub.ask_end()
        self._mirror.end()
        self._websub.end()
        with self._emitting:  # feeds are rendered by one configuration or the other
            self._configured = config
            self._fetcher.user_agent = config.fetch.user_agent
            ops = Path(config.archive) / OPS_FILE
            self._websub, self._mirror = WebSubNotifier(config, ops, self.clock), Mirror(config, ops, self.clock)
            self.owner.call(lambda archive: archive.depends_on(emission_digest(config)))
            self.config = self.owner.call(lambda archive: expanded(config, archive))

    async def close(self) -> None:
        """Stop what runs at its next batch, and close the archive with its write-ahead logs brought in."""
        self._stopping = True
        await in_thread(self.close_now)

    def close_now(self) -> None:
        """Do what `close` does, in this thread; harmless when it was done already."""
        self._stopping = True
        with ExitStack() as last:  # whatever fails on the way, the archive is closed and its lock released
            last.callback(self._lock.release)
            last.callback(self.owner.close)
            if self._limited:
                last.callback(self._limited.close)
            last.callback(self._mirror.end)
            last.callback(self._websub.end)
            last.callback(self._mirror.ask_end)  # both at once: they end side by side
            last.callback(self._websub.ask_end)
            self._loop.close()  # a fetch that waits is cancelled; a batch is not cut

    async def _closing(self) -> None:
        await self._fetcher.aclose()


def _told(round_of_pictures: Future[DownloadReport | None]) -> None:
    """Log what a round that nobody waits for failed with; the next one makes up for it."""
    if not round_of_pictures.cancelled() and (error := round_of_pictures.exception()):
        log.error("a round of pictures failed; the next run tries again", exc_info=error)
