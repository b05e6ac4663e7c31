"""Download the pictures of articles. A run of a source never fails because of a picture, nor waits for one on the web.

    look (which pictures do changed articles show?) -> read what lies beside documents -> emit -> fetch the rest -> emit

One round is bounded in time and number. The remaining pictures wait for the next round in the queue of
`feedsvc.store.pictures.tables`. A picture that failed is tried again after growing intervals, and given up in the end.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from feedsvc.app.network_health import LOST, is_down
from feedsvc.errors import ArchiveError, SourceError
from feedsvc.model import Wanted
from feedsvc.model.catalog import KINDS
from feedsvc.pictures import NotKeptError, recognised
from feedsvc.pictures.references import beside, pictures_of
from feedsvc.ports import FetchError
from feedsvc.rules.addresses import is_web
from feedsvc.rules.images import is_placeholder
from feedsvc.shield import in_thread, until_ended
from feedsvc.sources.picture_bytes import fetch_picture, read_beside
from feedsvc.store.pictures.hidden import hide_withdrawn
from feedsvc.store.pictures.picture_files import PictureFiles
from feedsvc.store.pictures.tables import PictureTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from feedsvc.config import Config
    from feedsvc.model import Illustrated, Picture, Source
    from feedsvc.ports import Clock
    from feedsvc.sources import Fetcher
    from feedsvc.store.archive import Archive
    from feedsvc.store.owner import Owner
    from feedsvc.store.pictures.tables import Look

    View = Callable[[], AbstractContextManager[Archive]]
    Failed = SourceError | NotKeptError

T = TypeVar("T")

# before the next try, by the tries that failed
WAITS: Final = tuple(
    timedelta(**each) for each in ({"minutes": 10}, {"hours": 1}, {"hours": 6}, {"days": 1}, {"days": 3}, {"days": 7})
)
FINAL: Final = frozenset(
    {"active", "not-a-picture", "type", "too-large", "blocked", "gone"}
)  # another try gives the same
_UNREACHED: Final = LOST | {"tls"}
_PATIENCE: Final = 2  # times that a host is not reached in one round before its other pictures wait
_HOSTS: Final = 8  # asked at a time, one picture each: what bounds memory
_LOCAL: Final = 100  # files read between two looks at the clock

log = logging.getLogger(__name__)


@dataclass(slots=True)
class DownloadReport:
    """What one round did; counts are pictures."""

    kept: int = 0
    failed: int = 0
    changed: bool = False  # whether articles show something new
    error: str = ""  # the archive could not be written: one sentence


class PictureDownloads:
    """Keeps pictures below the archive's `folder`, one round of each kind at a time.

    `owner` writes to the archive, and `view` opens it for reading in the calling thread.
    """

    def __init__(self, folder: Path, owner: Owner[Archive], view: View, clock: Clock) -> None:
        self._folder = folder
        self._owner = owner
        self._view = view
        self._clock = clock
        self._reading = asyncio.Lock()
        self._fetching = False
        self._swept = False
        self._read = DownloadReport()  # that no `collect` has told of yet

    async def read(self, config: Config) -> None:
        """Keep the pictures that lie beside documents. Call this before feeds are written, so that closed pages show them."""
        async with self._reading:
            await self._round(config, None, self._read)

    async def collect(self, config: Config, fetcher: Fetcher) -> DownloadReport:
        """Keep the pictures beside documents and those on the web; do nothing while another call does so.

        Raises nothing: what goes wrong is logged, and in the report. What was read before is told of too.
        """
        if self._fetching:
            return DownloadReport()
        self._fetching = True
        done, self._read = self._read, DownloadReport()
        try:
            await self._round(config, fetcher, done)
        finally:
            self._fetching = False
        return done

    async def _round(self, config: Config, fetcher: Fetcher | None, done: DownloadReport) -> None:
        sources = {source.name: source for source in config.sources if source.media == "images"}
        if not sources:
            return
        try:
            files = PictureFiles(self._folder)
            if not self._swept:
                self._swept = True
                await in_thread(files.sweep)
            await _DownloadRound(config, sources, fetcher, self._owner, self._view, files, self._clock, done).run()
        except ArchiveError as error:
            done.error = str(error)
            log.error("pictures are left for the next run: %s", error)  # noqa: TRY400 - a full disk is no bug
        except Exception:
            done.error = "a round of pictures failed; the log says why"
            log.exception("a round of pictures failed; the next run makes another one")


@dataclass(slots=True)
class _DownloadRound:
    """One round. Work that reads the archive or touches files runs in a thread, one piece at a time."""

    config: Config
    sources: dict[str, Source]  # by name
    fetcher: Fetcher | None  # None = nothing is asked of the web
    owner: Owner[Archive]
    view: View
    files: PictureFiles
    clock: Clock
    done: DownloadReport
    until: float = 0.0  # monotonic seconds
    room: int = 0  # bytes that may still be kept
    failures: list[tuple[Wanted, Failed]] = field(default_factory=list)
    unreached: Counter[str] = field(default_factory=Counter)  # by host
    reached: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)

    async def run(self) -> None:
        """Find, read and fetch pictures until none is due, or until time or room runs out."""
        self.until = time.monotonic() + self.config.pictures.run_seconds
        await self._apart(self._look)
        await self._apart(self._read_all)
        try:
            if self.fetcher is not None:
                await self._fetch_in_time(self.fetcher)
        finally:
            await self._apart(self._settle)

    async def _fetch_in_time(self, fetcher: Fetcher) -> None:
        due = await self._apart(self._due_on_web)
        try:
            async with asyncio.timeout(max(0.0, self.until - time.monotonic())):
                await self._fetch_all(due, fetcher)
        except TimeoutError:
            log.info("pictures that were not fetched within %g s wait", self.config.pictures.run_seconds)

    async def _apart(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread, and wait for its end even if this task is cancelled."""
        async with self._turn:
            return await in_thread(work, cancelled=self._stop.set)

    def _write(self, work: Callable[[PictureTables], T]) -> T:
        """Return what `work` returns, which the archive's owner does."""
        return self.owner.call(lambda archive: work(archive.pictures))

    def _is_over(self) -> bool:
        return self._stop.is_set() or time.monotonic() > self.until

    # ---------------------------------------------------------------- look

    def _look(self) -> None:
        with self.view() as archive:
            while self._look_at(archive.pictures.unlooked(self.sources)) and not self._is_over():
                pass
            self.room = self.config.pictures.total_bytes - archive.pictures.size()
        if self.room <= 0:
            log.warning("no further picture is kept: those that are have `[media] total_bytes`")

    def _look_at(self, look: Look) -> bool:
        """Note which pictures the articles of `look` show; return whether there are others behind it."""
        wanted, now = [each for article in look.articles for each in self._wanted(article)], self._now()
        self.done.changed |= self._write(lambda pictures: pictures.looked(look, wanted, now))
        return look.more

    def _wanted(self, article: Illustrated) -> Iterator[Wanted]:
        for url, role in pictures_of(article).items():
            near = bool(self._paths(url, article.locator, article.source, article.url))
            if near or (is_web(url) and not is_placeholder(url)):
                yield Wanted(url=url, source=article.source, article=article.id, role=role, beside=near)

    def _paths(self, url: str, locator: str, source: str, original: str) -> tuple[str, ...]:
        origin = self.sources[source]
        return beside(url, locator, (origin.base_url, original)) if KINDS[origin.kind].files else ()

    # ---------------------------------------------------------------- read what lies beside documents

    def _read_all(self) -> None:
        with self.view() as archive:
            while not self._is_over() and self.room > 0:
                due = archive.pictures.due(self.sources, self._now(), _LOCAL, beside=True)
                self._note_kept([kept for wanted in due if (kept := self._read(wanted, archive.pictures))])
                self._note_failures()
                if not due:
                    break

    def _read(self, wanted: Wanted, pictures: PictureTables) -> tuple[Wanted, Picture] | None:
        locator, url = pictures.document_of(wanted.article)
        paths = self._paths(wanted.url, locator, wanted.source, url)
        try:
            return self._keep(wanted, read_beside(self.sources[wanted.source], paths, self.config.pictures.max_bytes))
        except (SourceError, NotKeptError) as error:
            if error.kind == "missing" and is_web(wanted.url):
                now = self._now()
                self.done.changed |= self._write(lambda tables: tables.send(wanted, now))
            else:
                self.failures.append((wanted, error))
        return None

    # ---------------------------------------------------------------- fetch the rest

    def _due_on_web(self) -> list[Wanted]:
        with self.view() as archive:
            return archive.pictures.due(self.sources, self._now(), self.config.pictures.per_run, beside=False)

    async def _fetch_all(self, due: Sequence[Wanted], fetcher: Fetcher) -> None:
        hosts: defaultdict[str, list[Wanted]] = defaultdict(list)
        for wanted in due:
            hosts[_host(wanted.url)].append(wanted)
        gate = asyncio.Semaphore(_HOSTS)
        tasks = [asyncio.create_task(self._fetch_from(host, there, fetcher, gate)) for host, there in hosts.items()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await until_ended(tasks)

    async def _fetch_from(self, host: str, there: Sequence[Wanted], fetcher: Fetcher, gate: asyncio.Semaphore) -> None:
        async with gate:
            for wanted in there:
                if self.room > 0:
                    await self._fetch(host, wanted, fetcher)

    async def _fetch(self, host: str, wanted: Wanted, fetcher: Fetcher) -> None:
        if self.unreached[host] >= _PATIENCE:
            self.failures.append((wanted, SourceError(f"{host} is not reached just now", kind="postponed")))
            return
        try:
            body = await fetch_picture(fetcher, wanted.url, self.sources[wanted.source], self.config.pictures.max_bytes)
            self.reached = True
            await self._apart(lambda: self._note_kept([self._keep(wanted, body)]))
        except (SourceError, NotKeptError) as error:
            self.reached |= error.kind not in _UNREACHED
            self.unreached[host] += error.kind in _UNREACHED
            self.failures.append((wanted, error))

    # ---------------------------------------------------------------- what came of it

    def _keep(self, wanted: Wanted, body: bytes) -> tuple[Wanted, Picture]:
        picture = recognised(body, self.config.pictures.types)
        self.files.keep(picture, body)
        self.room -= picture.size
        return wanted, picture

    def _note_kept(self, kept: Sequence[tuple[Wanted, Picture]]) -> None:
        if kept:
            now = self._now()
            self.done.changed |= self._write(lambda pictures: pictures.keep(kept, now))
            self.done.kept += len(kept)

    def _settle(self) -> None:
        self._note_failures()
        with self.view() as archive:
            hide_withdrawn(archive.pictures, self.files)

    def _note_failures(self) -> None:
        """Plan the next try of failed pictures; if no host was reached, our own network is down, and no try counts."""
        offline = is_down(len(self.unreached), reached=self.reached)
        for wanted, error in self.failures:
            counted = not (error.kind == "postponed" or (offline and error.kind in _UNREACHED))
            failed = partial(
                PictureTables.fail,
                wanted=wanted,
                due=self._next(wanted, error, counted=counted),
                kind=error.kind,
                error=str(error),
                counted=counted,
            )
            self._write(failed)
            self.done.failed += counted
        self.failures.clear()

    def _next(self, wanted: Wanted, error: Failed, *, counted: bool) -> datetime | None:
        if counted and (error.kind in FINAL or wanted.tries + 1 >= self.config.pictures.tries):
            return None
        wait = WAITS[min(wanted.tries, len(WAITS) - 1)]
        asked = error.retry_after if isinstance(error, FetchError) else None
        return self._now() + max(wait, timedelta(seconds=min(asked or 0.0, 86400.0)))

    def _now(self) -> datetime:
        return self.clock.now()


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
