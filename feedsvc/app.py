"""The composition root: the only module that knows the concrete parts.

    config.toml -> Config -> Service (lock, archive, readers, executors, publisher) -> ingest, emit, status

A `Service` holds the archive for writing. Its work runs in one thread at a time, whichever it is, since SQLite's
connection is handed from thread to thread and never shared.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import feedsvc
from feedsvc.config import Config, parse_config
from feedsvc.errors import ConfigError
from feedsvc.executors import LimitedExecutor, LocalExecutor
from feedsvc.ingest import ingest
from feedsvc.ports import Intake, Ports
from feedsvc.sources import KINDS, Fetcher
from feedsvc.store import instants
from feedsvc.store.archive import Archive
from feedsvc.store.lock import ArchiveLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from feedsvc.emit import EmitReport
    from feedsvc.model import RunReport, Source
    from feedsvc.ports import Clock, Publisher, Reader

CONFIG_NAME = "config.toml"
FEEDS_FOLDER = "feeds"
_WATCH_SECONDS = 2.0
_RETRY_LONGEST = 86400.0  # seconds; a failing source is tried at least daily, for ever
_RETRY_DOUBLINGS = 12  # of the interval
_SECRET_BYTES = 65536


class Planner(Protocol):
    """When a source is to be read next."""

    def __call__(self, source: Source, now: datetime, *, zone: str) -> datetime:
        """Return the instant (UTC) of the next regular run of `source` after `now`."""
        ...


class SystemClock:
    """The time of this machine. Implements `feedsvc.ports.Clock`."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The service was asked to stop in the middle of a run; what was committed stays."""


def find_config(given: str | None) -> Path:
    """Return the configuration file: `given`, else ./config.toml, else $FEEDSVC_CONFIG.

    Raises:
        ConfigError: there is none.
    """
    if given is not None:
        path = Path(given)
        if not path.is_file():
            raise ConfigError(f"{given}: no such file; `feedsvc init` makes a configuration")
        return path
    named = os.environ.get("FEEDSVC_CONFIG", "")
    for path in (Path(CONFIG_NAME), Path(named)):
        if str(path) != "." and path.is_file():
            return path
    raise ConfigError(
        f"no {CONFIG_NAME} in {Path.cwd()}; run `feedsvc init` to make one, or name one with --config PATH"
    )


def read_config(path: Path) -> Config:
    """Return the configuration in the file at `path`.

    Raises:
        ConfigError: it cannot be read, or something in it is wrong; every problem is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    folder = path.absolute().parent
    try:
        config = parse_config(text, folder=str(folder), version=feedsvc.__version__, secret=secrets_of(folder))
    except ConfigError as error:
        raise ConfigError(*(f"{path}: {problem}" for problem in error.problems)) from error
    return config


def secrets_of(folder: Path) -> Callable[[str], str]:
    """Return a resolver of "env:NAME" and "file:PATH" (relative to `folder`)."""

    def secret(reference: str) -> str:
        where, _, name = reference.partition(":")
        if where == "env":
            if name not in os.environ:
                raise ValueError(f"the environment has no variable {name!r}")
            return os.environ[name]
        try:
            with (folder / name).open(encoding="utf-8") as file:
                return file.read(_SECRET_BYTES).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the file {name!r} cannot be read: {error}") from error

    return secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one source is: times are UTC, None = never."""

    source: str
    kind: str
    due: datetime | None
    last_ok: datetime | None
    failures: int  # runs in a row that failed
    error: str
    quarantined: int  # documents
    late: bool  # due for longer than twice its interval

    @property
    def healthy(self) -> bool:
        """Whether nobody needs to look at it."""
        return not self.failures and not self.late


class Service:
    """The parts put together for `config`; `what` names the command that holds the archive.

    Raises:
        ArchiveError: the archive is locked, damaged, newer or full.
    """

    def __init__(
        self,
        config: Config,
        what: str,
        *,
        planner: Planner | None = None,
        clock: Clock | None = None,
        namespace: UUID | None = None,
    ) -> None:
        self.config = config
        self.planner = planner or every
        self.clock = clock or SystemClock()
        folder = Path(config.archive)
        self._lock = ArchiveLock(folder, what)
        try:
            self.archive = Archive(folder, feedsvc.__version__, namespace)
        except BaseException:
            self._lock.release()
            raise
        self._turn = threading.Lock()  # one run at a time
        self._stopping = False
        self._limited: LimitedExecutor | None = None
        self.archive.depends_on(emission_digest(config))

    # ---------------------------------------------------------------- ingest

    async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
        """Read the sources `names`, emit what changed, and plan their next runs; the event loop stays free."""
        return await asyncio.to_thread(self.ingest_now, names)

    def ingest_now(
        self, names: Sequence[str], progress: Callable[[RunReport], None] | None = None, *, emit: bool = True
    ) -> list[RunReport]:
        """Do what `ingest` does, in this thread."""
        sources = [source for source in self.config.sources if source.name in names]
        with self._turn:
            reports = asyncio.run(self._run(sources, progress))
            if emit and self.archive.stale_feeds():
                self.emit_now()
        return reports

    async def _run(self, sources: Sequence[Source], progress: Callable[[RunReport], None] | None) -> list[RunReport]:
        fetcher = Fetcher(self.config.fetch.user_agent)
        try:
            readers = {kind: KINDS[kind](fetcher) for kind in {source.kind for source in sources}}
            return list(
                await asyncio.gather(*(self._one(source, readers[source.kind], progress) for source in sources))
            )
        finally:
            await fetcher.aclose()

    async def _one(self, source: Source, reader: Reader, progress: Callable[[RunReport], None] | None) -> RunReport:
        def tell(report: RunReport) -> None:
            if self._stopping:
                raise Stopped
            if progress:
                progress(report)

        ports = Intake(reader=reader, store=self.archive, executor=self._executor(source), clock=self.clock)
        report = await ingest(source, ports, tell)
        self.archive.operations.plan(report, self._next(source, report))
        return report

    def _executor(self, source: Source) -> LimitedExecutor | LocalExecutor:
        """Return where documents of `source` are digested: what strangers send is parsed under limits of time and memory."""
        if not source.remote and not self.config.workers:
            return LocalExecutor()
        if self._limited is None:
            self._limited = LimitedExecutor(workers=max(1, self.config.workers))
        return self._limited

    def _next(self, source: Source, report: RunReport) -> datetime:
        """Return when `source` is due again: regularly after a success, ever more rarely after failures."""
        finished = report.finished or self.clock.now()
        regular = self.planner(source, finished, zone=self.config.timezone)
        if report.outcome in ("ok", "unchanged") or not source.remote:
            return regular
        state = self.archive.operations.states().get(source.name, {})
        doublings = min(int(state.get("failures", 0)), _RETRY_DOUBLINGS)
        wait = min((regular - finished).total_seconds() * 2**doublings, _RETRY_LONGEST)
        return finished + timedelta(seconds=wait)

    def due(self, now: datetime) -> Sequence[str]:
        """Return the names of the sources that are due at `now` (UTC), those that have waited longest first."""
        states = self.archive.operations.states()
        waiting: list[tuple[str, str]] = []
        for source in self.config.sources:
            state = states.get(source.name)
            due = state["due"] if state else ""
            if source.watch and state and state["last_try"]:
                due = instants.written(instants.read(state["last_try"]) + timedelta(seconds=_WATCH_SECONDS))
            if not due or instants.read(due) <= now:
                waiting.append((due, source.name))
        return [name for _, name in sorted(waiting)]

    # ---------------------------------------------------------------- emit

    def emit_now(
        self,
        only: Sequence[str] = (),
        *,
        everything: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> EmitReport:
        """Render and publish the feeds that changed: all when `everything`, those at the paths `only` if given."""
        from feedsvc.emit import emit  # noqa: PLC0415 - feedgen and lxml are heavy; most runs change nothing

        ports = Ports(
            readers={},
            store=self.archive,
            executor=LocalExecutor(),
            publisher=self.publisher(),
            clock=self.clock,
        )
        return emit(ports, self.config, self.archive.namespace, everything=everything, only=only, progress=progress)

    def publisher(self) -> Publisher:
        """Return where feeds go."""
        from feedsvc.publish import FilePublisher  # noqa: PLC0415 - as above

        return FilePublisher(Path(self.config.archive) / FEEDS_FOLDER)

    # ---------------------------------------------------------------- the rest

    def health(self) -> list[Health]:
        """Return how each configured source is, in the order of the configuration."""
        return health_of(self.config, self.archive, self.clock.now())

    def reload(self, config: Config) -> None:
        """Take a changed configuration; the archive stays the one that is open.

        Raises:
            ConfigError: the archive would be another one, which needs a restart.
        """
        if config.archive != self.config.archive:
            raise ConfigError(f"service.archive: {config.archive!r} is another archive; restart the service for that")
        with self._turn:
            self.config = config
            self.archive.depends_on(emission_digest(config))

    async def close(self) -> None:
        """Stop what runs at its next batch, and close the archive with its write-ahead logs brought in."""
        self._stopping = True
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """Do what `close` does, in this thread."""
        self._stopping = True
        with self._turn:
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


def every(source: Source, now: datetime, *, zone: str) -> datetime:
    """Return `now` and the interval of `source`, an hour where it has none. The planner that knows no cron."""
    del zone
    return now + timedelta(seconds=source.every or 3600.0)


def emission_digest(config: Config) -> str:
    """Return a digest of all that the bytes of feeds depend on beside the articles."""
    parts = (feedsvc.__version__, config.title, config.url, config.language, config.feeds, config.custom)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def health_of(config: Config, archive: Archive, now: datetime) -> list[Health]:
    """Return how each source of `config` is at `now`."""
    states = archive.operations.states()
    quarantined: dict[str, int] = {}
    for failure in archive.operations.failures():
        quarantined[failure["source"]] = quarantined.get(failure["source"], 0) + 1
    found = []
    for source in config.sources:
        state = states.get(source.name, {})
        due = instants.read_or_none(state.get("due"))
        patience = timedelta(seconds=2 * (source.every or 3600.0))
        found.append(
            Health(
                source=source.name,
                kind=source.kind,
                due=due,
                last_ok=instants.read_or_none(state.get("last_ok")),
                failures=int(state.get("failures", 0)),
                error=str(state.get("error", "")),
                quarantined=quarantined.get(source.name, 0),
                late=due is not None and now - due > patience,
            )
        )
    return found
