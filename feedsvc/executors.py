"""Where pure work runs: in this process, or in worker processes with limits on time and memory.

A document can be made to keep a parser busy for hours or to take all memory; in a worker it costs ten seconds and one
worker, and the other documents go on.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from feedsvc.errors import ExecutorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

T = TypeVar("T")
R = TypeVar("R")

ITEM_SECONDS = 10.0
WORKER_BYTES = 1 << 30
_RECYCLED_AFTER = 500  # items: what leaks in a C library goes with its process


class _Future(Protocol):
    """What pebble gives for an item; its own annotations are not complete."""

    def result(self) -> Any: ...  # noqa: ANN401 - of any work
    def exception(self) -> BaseException | None: ...
    def cancel(self) -> bool: ...


class _Pool(Protocol):
    def schedule(self, function: Any, args: Any = ..., *, timeout: float | None = ...) -> _Future: ...  # noqa: ANN401
    def stop(self) -> None: ...
    def join(self) -> None: ...


class LocalExecutor:
    """Runs work in this process: no limits, nothing to start. Implements `feedsvc.ports.Executor`."""

    def map(
        self,
        work: Callable[[T], R],
        items: Iterable[T],
        failed: Callable[[T, ExecutorError], R] | None = None,  # noqa: ARG002 - nothing is ever stopped here
    ) -> Iterator[R]:
        """Return `work(item)` of each item, lazily and in order."""
        return map(work, items)


class LimitedExecutor:
    """Runs work in worker processes, each item with a limit. Implements `feedsvc.ports.Executor`.

    The workers start with the first item and end with `close`. Few items are ahead of the one that is returned, so memory
    does not grow with their number.
    """

    def __init__(
        self, workers: int | None = None, *, item_seconds: float = ITEM_SECONDS, worker_bytes: int = WORKER_BYTES
    ) -> None:
        self._workers = workers or len(os.sched_getaffinity(0))
        self._item_seconds = item_seconds
        self._worker_bytes = worker_bytes
        self._pool: _Pool | None = None
        self._starting = threading.Lock()  # readers ask from threads of their own

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def map(
        self, work: Callable[[T], R], items: Iterable[T], failed: Callable[[T, ExecutorError], R] | None = None
    ) -> Iterator[R]:
        """Return `work(item)` of each item, in order; see `feedsvc.ports.Executor`."""
        waiting: deque[tuple[T, _Future]] = deque()
        try:
            for item in items:
                waiting.append((item, self._started().schedule(work, args=(item,), timeout=self._item_seconds)))
                if len(waiting) > 2 * self._workers:
                    yield self._result(*waiting.popleft(), failed)
            while waiting:
                yield self._result(*waiting.popleft(), failed)
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """Stop the workers; work that is under way is given up."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None

    def _result(self, item: T, future: _Future, failed: Callable[[T, ExecutorError], R] | None) -> R:
        error = self._stopped(future)
        if error is None:
            result: R = future.result()
            return result
        if failed is None:
            raise error
        return failed(item, error)

    def _stopped(self, future: _Future) -> ExecutorError | None:
        """Return why the work was stopped; None when it ended by itself, with a result or with a bug."""
        from pebble import ProcessExpired  # noqa: PLC0415 - only needed with workers

        reason = future.exception()
        if isinstance(reason, TimeoutError):
            return ExecutorError(f"stopped after {self._item_seconds:g} s", kind="timeout")
        if isinstance(reason, MemoryError):
            return ExecutorError(f"stopped at {self._worker_bytes >> 20} MiB of memory", kind="memory")
        if isinstance(reason, ProcessExpired):
            return ExecutorError(f"the worker died with exit code {reason.exitcode}", kind="crash")
        return None

    def _started(self) -> _Pool:
        with self._starting:
            if self._pool is None:
                self._pool = self._new_pool()
            return self._pool

    def _new_pool(self) -> _Pool:
        import multiprocessing  # noqa: PLC0415 - only needed with workers

        from pebble import ProcessPool  # noqa: PLC0415

        # a fork of a process with threads (Datasette has some) may hang for ever; the fork server has none
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["feedsvc.executors", "feedsvc.parsers", "feedsvc.rules"])
        limited = partial(_limit_memory, self._worker_bytes)
        pool: _Pool = ProcessPool(
            max_workers=self._workers, max_tasks=_RECYCLED_AFTER, initializer=limited, context=context
        )
        return pool


def _limit_memory(most: int) -> None:
    """Let this process have no more than `most` bytes of address space; an allocation beyond is a MemoryError."""
    import resource  # noqa: PLC0415 - of a worker only

    resource.setrlimit(resource.RLIMIT_AS, (most, most))
