"""The one thread that writes to an archive: it opens the archive, does all the work that is sent to it, and closes it.

    command, thread --call--> |
    task of a loop  --run---> | queue, first come, first served -> the owner's thread -> the archive

SQLite's connections never leave that thread, and SQLite checks it. Who only reads opens a connection of its own
(`Archive(..., readonly=True)`): in WAL mode neither waits for the other.
"""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from feedsvc.errors import ArchiveError
from feedsvc.shield import outcome, tidied

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from feedsvc.store.archive import Archive

T = TypeVar("T")
A = TypeVar("A")


class Owner(Generic[A]):
    """Owns what `opened()` returns, in a thread called `name`; `ended` is called with it in that thread at the end.

    Raises:
        Exception: what `opened` raises; there is no thread then.
    """

    def __init__(self, opened: Callable[[], A], ended: Callable[[A], object], name: str) -> None:
        self._ended = ended
        self._gate = threading.Lock()
        self._closing = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._thread = self._pool.submit(threading.get_ident).result()
        try:
            self._owned = self._pool.submit(tidied, opened).result()
        except BaseException:
            self._pool.shutdown()
            raise

    def call(self, work: Callable[[A], T]) -> T:
        """Return `work(archive)`, done in the owner's thread after what was sent before; the calling thread waits for it.

        Raises:
            ArchiveError: the owner has been closed.
            RuntimeError: the owner's own thread would wait for itself.
        """
        if threading.get_ident() == self._thread:
            raise RuntimeError("work in the owner's thread has the archive already, and must not wait for its turn")
        return self._sent(work).result()

    async def run(self, work: Callable[[A], T]) -> T:
        """Return `work(archive)`, done in the owner's thread after what was sent before; the event loop goes on.

        If the caller is cancelled before the work has begun, the work is dropped. Once it has begun, this waits for its end,
        however often the caller is cancelled, and then raises the cancellation.

        Raises:
            ArchiveError: the owner has been closed.
        """
        sent = self._sent(work)
        return await outcome(asyncio.wrap_future(sent), cancelled=sent.cancel)

    def close(self) -> None:
        """Do what was sent before, close what is owned, and end the thread; harmless when that was done already.

        Raises:
            Exception: what closing raises; the thread has ended all the same.
        """
        with self._gate:
            last = None if self._closing else self._pool.submit(tidied, partial(self._ended, self._owned))
            self._closing = True
        self._pool.shutdown()
        if last is not None:
            last.result()

    def _sent(self, work: Callable[[A], T]) -> Future[T]:
        context = contextvars.copy_context()
        with self._gate:
            if self._closing:
                raise ArchiveError("the archive has been closed; nothing more can be read or written through it")
            return self._pool.submit(tidied, partial(context.run, work, self._owned))


def owned(opened: Callable[[], Archive]) -> Owner[Archive]:
    """Return the owner of the archive that `opened()` opens in the owner's thread.

    Raises:
        ArchiveError: it cannot be opened.
    """
    return Owner(opened, _close, "archive")


def _close(archive: Archive) -> None:
    with closing(archive), suppress(sqlite3.Error):  # a full disk: SQLite does it when the archive is opened again
        archive.checkpoint()
