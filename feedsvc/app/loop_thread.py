"""An event loop in its own thread, so that fetching and serving do not wait for each other."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from concurrent.futures import Future

T = TypeVar("T")

# Threads that read, parse and write for the tasks: so many that slow tasks do not leave the others without a thread.
_THREADS = 32


class LoopThread:
    """The event loop. Its thread starts with the first `submit`, and `closing` is awaited in it at the end."""

    def __init__(self, name: str, closing: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._closing = closing
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start `work` in the loop, and return its future; cancelling the future cancels the work."""
        return asyncio.run_coroutine_threadsafe(work, self._started())

    def close(self) -> None:
        """Cancel all running work and wait until it has ended. Submit nothing after this call."""
        with self._starting:
            thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        if thread.is_alive():
            loop.call_soon_threadsafe(self._end.set)
        thread.join()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                ready: threading.Event = threading.Event()
                self._thread = threading.Thread(
                    target=lambda: asyncio.run(self._main(ready)), name=self._name, daemon=True
                )
                self._thread.start()
                ready.wait()
            if self._loop is None:
                raise RuntimeError(f"the event loop {self._name!r} did not start")
            return self._loop

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix=self._name))
        ready.set()
        await self._end.wait()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._closing()
