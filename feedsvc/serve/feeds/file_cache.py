"""The files of the feeds in memory: each as long as its time, size and inode stay the same, its coded forms beside it.

A coded form is the file beside (`all.atom.br`), where there is one that is no older; gzip is made where there is none. Of
versions that were replaced, the marks of their entries stay for a while, so that a client that has one of them can be sent
what is new alone.

    find   from memory; a small file is read on the spot, a large one is a `NotInMemoryError`
    load   the same, but a large file is read in a thread, once for all that wait for it
"""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from feedsvc.model.layout import STORED
from feedsvc.serve.feeds.cached_file import (
    LARGE,
    LARGE_STORED,
    CachedFile,
    code,
    load,
    load_large,
    marks_of,
    read_form,
    stamp_of,
    status,
)
from feedsvc.serve.feeds.conditional import PLAIN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from feedsvc.serve.feeds.cached_file import Stamp

CACHE_BYTES: Final = 64 << 20
_SHARE: Final = 4  # a file of more than this part of the limit is not kept whole
_VERSIONS: Final = 4096  # that were replaced and are still remembered, each by the marks of its entries
_LOOK: Final = 1.0  # seconds between two looks for a file beside that was not there


class NotInMemoryError(Exception):
    """An answer takes the reading of a large file or work on its bytes, which would hold up the event loop."""

    def __init__(self, base: str = "", stamp: Stamp = (0, 0, 0), *, stored: bool = False) -> None:
        super().__init__(base)
        self.base, self.stamp, self.stored = base, stamp, stored


class FileCache:
    """The files below `root`, the most wanted of them in memory: at most `limit` bytes. Used by one event loop."""

    def __init__(self, root: Path, limit: int = CACHE_BYTES) -> None:
        self._root = os.path.realpath(root)
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[str, CachedFile] = OrderedDict()
        self._replaced: OrderedDict[tuple[str, str], frozenset[bytes]] = OrderedDict()  # (path, tag) -> marks
        self._running: dict[tuple[Any, ...], asyncio.Future[Any]] = {}  # what threads do, by what for

    def find(self, path: str) -> CachedFile | None:
        """Return the file at `path`, or None when there is none, or none that lies below the root.

        Raises:
            NotInMemoryError: it is large, and not in memory in the version that there is now.
        """
        base = f"{self._root}/{path}"  # a Path costs more than the rest of this function
        found, stored = status(base), False
        if found is None:  # a closed page is stored compressed and nothing else
            found, stored = status(base + STORED), True
        if found is None:
            self._drop(path)
            return None
        stamp = stamp_of(found)
        kept = self._kept.get(path)
        if kept is not None and kept.stamp == stamp:
            self._kept.move_to_end(path)
            return kept
        self._replace(path)
        if not stat.S_ISREG(found.st_mode):
            return None
        if found.st_size > (LARGE_STORED if stored else LARGE):
            raise NotInMemoryError(base, stamp, stored=stored)
        kept = load(base, stored=stored)
        if kept is not None:
            self._keep(path, kept)
        return kept

    async def load(self, path: str) -> CachedFile | None:
        """Return what `find` returns; a large file is read in a thread, one time for each version."""
        try:
            return self.find(path)
        except NotInMemoryError as missing:
            loaded: CachedFile | None = await self._once(
                (path, missing.stamp), partial(self._load_large, path, missing)
            )
            return loaded

    def form(self, path: str, kept: CachedFile, codings: Iterable[str]) -> tuple[str, bytes | None] | None:
        """Return the first of `codings` that `kept` has, and its bytes under it; None when it has none of them.

        The bytes are None when it takes a thread to have them: see `body`.
        """
        for coding in codings:
            body = kept.held(coding)
            if body is None and not kept.large:
                body = self._coded(path, kept, coding)
            if body is not None or (kept.large and self._can_be_read(kept, coding)):
                return coding, body
        return None

    async def body(self, path: str, kept: CachedFile, coding: str) -> bytes | None:
        """Return the bytes of a large file under `coding`; None when they are not there any more."""
        if (held := kept.held(coding)) is not None:
            return held
        work = partial(asyncio.to_thread, read_form, kept, coding)
        body: bytes | None = await self._once((path, kept.stamp, coding), work)
        if body is None:
            kept.missing[coding] = time.monotonic() + _LOOK
        elif kept.body is not None and coding not in kept.forms:
            self._add_form(path, kept, coding, body)
        return body

    def remembered(self, path: str, tags: Iterable[str]) -> frozenset[bytes] | None:
        """Return the marks of the first version of the file among `tags` that is known; None when none is."""
        found = (self._replaced.get((path, tag)) for tag in tags)
        return next((marks for marks in found if marks is not None), None)

    def exists(self, path: str) -> bool:
        """Return whether there is a file at `path`, which has been found safe, compressed or not."""
        return any(os.path.isfile(f"{self._root}/{path}{suffix}") for suffix in ("", STORED))  # noqa: PTH113

    async def _once(self, key: tuple[Any, ...], work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
        """Return what `work` returns; while it is under way for `key`, all wait for the same one, and none ends it."""
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = asyncio.ensure_future(work())
            running.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(running)

    async def _load_large(self, path: str, missing: NotInMemoryError) -> CachedFile | None:
        longest = self._limit // _SHARE
        loaded = await asyncio.to_thread(load_large, missing.base, stored=missing.stored, longest=longest)
        if loaded is not None and loaded.is_current():
            self._keep(path, loaded)
        return loaded

    def _can_be_read(self, kept: CachedFile, coding: str) -> bool:
        """Return whether a large file can be had under `coding`, which is not in memory."""
        now = time.monotonic()
        if now < kept.missing.get(coding, 0.0):
            return False
        if coding in (PLAIN, "gzip") or kept.has_beside(coding):
            return True
        kept.missing[coding] = now + _LOOK
        return False

    def _coded(self, path: str, kept: CachedFile, coding: str) -> bytes | None:
        """Return a small file under `coding` for the first time: the file beside, else our own gzip, else None."""
        now = time.monotonic()
        if kept.body is None or now < kept.missing.get(coding, 0.0):
            return None
        body = code(kept, kept.body, coding)
        if body is None:
            kept.missing[coding] = now + _LOOK
        else:
            self._add_form(path, kept, coding, body)
        return body

    def _add_form(self, path: str, kept: CachedFile, coding: str, body: bytes) -> None:
        kept.forms[coding] = body
        if self._kept.get(path) is kept:
            self._held += len(body)
            self._shrink()

    def _replace(self, path: str) -> None:
        """Forget the version that was kept, but for what it takes to tell what is new."""
        if (kept := self._kept.get(path)) is not None:
            if marks := marks_of(kept):
                self._replaced[path, kept.tag] = marks
                while len(self._replaced) > _VERSIONS:
                    self._replaced.popitem(last=False)
            self._drop(path)

    def _keep(self, path: str, kept: CachedFile) -> None:
        self._replace(path)
        if kept.size <= self._limit:
            self._kept[path] = kept
            self._held += kept.size
            self._shrink()

    def _shrink(self) -> None:
        while self._held > self._limit:
            self._held -= self._kept.popitem(last=False)[1].size

    def _drop(self, path: str) -> None:
        if (kept := self._kept.pop(path, None)) is not None:
            self._held -= kept.size
