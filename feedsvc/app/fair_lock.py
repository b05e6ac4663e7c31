"""Whose turn it is at the archive: one at a time, threads and tasks alike, first come, first served."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class FairLock:
    """A fair lock for threads (`with`) and for tasks of any event loop (`async with`); not for who has it already.

    An unfair one would let a row of commits keep an emission waiting for as long as it lasts, and the other way round.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[Future[None]] = deque()
        self._taken = False

    def __enter__(self) -> None:
        self._ask().result()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._hand_on()

    async def __aenter__(self) -> None:
        asked = self._ask()
        try:
            await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            if not asked.cancel():  # it was given just now
                asked.result()
                self._hand_on()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._hand_on()

    def yield_to_waiters(self) -> None:
        """Let those go first who wait now; called by the thread that has the turn, which has it again afterwards."""
        with self._mutex:
            wanted = bool(self._waiting)
        if wanted:
            asked = self._ask()
            self._hand_on()
            asked.result()

    def _ask(self) -> Future[None]:
        asked: Future[None] = Future()
        with self._mutex:
            if self._taken:
                self._waiting.append(asked)
            else:
                self._taken = True
                asked.set_result(None)
        return asked

    def _hand_on(self) -> None:
        with self._mutex:
            while self._waiting:
                first = self._waiting.popleft()
                if first.set_running_or_notify_cancel():  # False: who asked was cancelled meanwhile
                    first.set_result(None)
                    return
            self._taken = False
