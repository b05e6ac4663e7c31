"""Run pure work in this process, or in worker processes with limits on time and memory.

A malicious document can keep a parser busy for hours or use up all memory. In a worker process it costs only that worker,
and ten seconds plus a time that grows with its size; the other documents go on.

Workers also die for other reasons: the system is out of memory, or an operator ends them. New workers then repeat the work
that was not finished, and no document is marked as failed for it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from feedsvc.errors import ExecutorError, WorkersError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

T = TypeVar("T")
R = TypeVar("R")

ITEM_SECONDS = 10.0
# For every so many bytes a document gets `ITEM_SECONDS` more. 20,000 short entries have 5 MB and take 13 s, or several
# times as long on a busy machine, and must not be lost for that.
EARNING_BYTES = 512 << 10
WORKER_BYTES = 1 << 30
# A worker process is replaced after so many items, which frees the memory that C libraries leak.
_RECYCLED_AFTER = 500
# If the workers of an item were lost so many times, it runs in a worker of its own: another loss is then its own fault.
_TOGETHER = 2
_WAITS = (0.2, 1.0, 3.0)  # seconds after each start of workers that failed
_LOOK_SECONDS = 0.5  # between two checks of the workers while an item is waited for
# After so many seconds without any outcome, beyond the time limit of an item, the workers count as lost: one of them has
# probably died while it held a lock that the others need.
_SILENCE = 60.0

log = logging.getLogger(__name__)


class _Future(Protocol):
    """What pebble gives for an item; its own annotations are not complete."""

    def result(self) -> Any: ...  # noqa: ANN401 - of any work
    def exception(self, timeout: float | None = ...) -> BaseException | None: ...
    def cancel(self) -> bool: ...


class _Pool(Protocol):
    @property
    def active(self) -> bool: ...
    def schedule(self, function: Any, args: Any = ..., *, timeout: float | None = ...) -> _Future: ...  # noqa: ANN401
    def stop(self) -> None: ...
    def join(self) -> None: ...


class _LostError(Exception):
    """The workers are lost; work that was scheduled among them has no outcome."""


class _Workers:
    """A pool of worker processes, which is lost when an idle worker dies or when no worker can be started.

    For work that pebble has accepted by then, it reports the loss. Work that is still being handed over never gets an
    outcome, so this class checks the pool while it waits.
    """

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        self._longest = 0.0  # seconds that any item begun here may take
        self._moved = time.monotonic()  # when anything was begun or had an outcome
        self.ended = False  # on purpose

    def begin(self, work: Callable[[T], object], item: T, seconds: float) -> _Future:
        """Begin `work(item)`, which may take `seconds`.

        Raises:
            _LostError: the pool cannot take the work.
        """
        self._moved = time.monotonic()
        self._longest = max(self._longest, seconds)
        try:
            return self._pool.schedule(work, args=(item,), timeout=seconds)
        except (RuntimeError, OSError, EOFError) as error:  # RuntimeError: the pool has stopped, or could not start
            raise _LostError(str(error) or type(error).__name__) from error

    def reason(self, future: _Future) -> BaseException | None:
        """Wait for `future`; return what its work raised or was stopped by, None if it has a result.

        Raises:
            _LostError: it has no outcome.
        """
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - only needed with workers

        while True:
            try:
                reason = future.exception(_LOOK_SECONDS)
            except TimeoutError:  # of this look; the one of an item is returned
                self._look()
                continue
            self._moved = time.monotonic()
            if isinstance(reason, BrokenProcessPool):
                raise _LostError(str(reason) or "no worker could be started")
            return reason

    def close(self) -> None:
        """Stop the workers; unfinished work is given up."""
        self._pool.stop()
        self._pool.join()

    def _look(self) -> None:
        if not self._pool.active:
            raise _LostError("they have ended")
        patience = self._longest + _SILENCE
        if time.monotonic() - self._moved > patience:
            raise _LostError(f"none of them answered for {patience:g} s")


class _Task(Generic[T, R]):
    """Work on one item, among the workers that it was last begun with."""

    def __init__(self, work: Callable[[T], R], item: T, seconds: float) -> None:
        self.item = item
        self.seconds = seconds  # that the work may take
        self.lost = 0  # times that its workers were lost
        self._work = work

    def begin(self, workers: _Workers) -> None:
        """Begin it, again if need be; raise `_LostError` when it does not begin."""
        self.workers = workers
        self._future = workers.begin(self._work, self.item, self.seconds)

    def reason(self) -> BaseException | None:
        """Wait for its end; see `_Workers.reason`."""
        return self.workers.reason(self._future)

    def result(self) -> R:
        """Return its result, or raise what it raised."""
        result: R = self._future.result()
        return result

    def cancel(self) -> None:
        """Give it up."""
        self._future.cancel()


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

    Each item may take `item_seconds`, and an item with a `body` as much again for every `EARNING_BYTES` of it.

    The workers start with the first item and end with `close`. Only a few items are in progress at a time, so memory does
    not grow with the number of items. Lost workers are replaced, and their unfinished work is repeated.
    """

    def __init__(
        self, workers: int | None = None, *, item_seconds: float = ITEM_SECONDS, worker_bytes: int = WORKER_BYTES
    ) -> None:
        self._number = workers or len(os.sched_getaffinity(0))
        self._item_seconds = item_seconds
        self._worker_bytes = worker_bytes
        self._workers: _Workers | None = None
        self._starting = threading.Lock()  # readers ask from threads of their own
        self._said = False  # that memory is limited more tightly than wanted

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def map(
        self, work: Callable[[T], R], items: Iterable[T], failed: Callable[[T, ExecutorError], R] | None = None
    ) -> Iterator[R]:
        """Return `work(item)` of each item, in order; see `feedsvc.ports.Executor`."""
        waiting: deque[_Task[T, R]] = deque()
        try:
            for item in items:
                waiting.append(self._begun(_Task(work, item, self._seconds(item))))
                if len(waiting) > 2 * self._number:
                    yield self._result(waiting.popleft(), failed)
            while waiting:
                yield self._result(waiting.popleft(), failed)
        finally:
            for task in waiting:
                task.cancel()

    def close(self) -> None:
        """Stop the workers; work that is under way is given up."""
        with self._starting:
            if self._workers is not None:
                self._workers.ended = True
                self._workers.close()
                self._workers = None

    def _result(self, task: _Task[T, R], failed: Callable[[T, ExecutorError], R] | None) -> R:
        error = self._outcome(task)
        if error is None:
            return task.result()
        if failed is None:
            raise error
        return failed(task.item, error)

    def _seconds(self, item: object) -> float:
        """Return how long the work on `item` may take."""
        return self._item_seconds * (1 + len(getattr(item, "body", b"")) / EARNING_BYTES)

    def _outcome(self, task: _Task[T, R]) -> ExecutorError | None:
        """Return why `task` was stopped; None when it ended by itself, with a result or with a bug."""
        while True:
            try:
                return self._stopped(task.reason(), task.seconds)
            except _LostError as error:
                self._replaced(task.workers, error)
            task.lost += 1
            if task.lost >= _TOGETHER:
                return self._alone(task)
            self._begun(task)

    def _begun(self, task: _Task[T, R]) -> _Task[T, R]:
        workers = self._started()
        while True:
            try:
                task.begin(workers)
            except _LostError as error:
                workers = self._replaced(workers, error)
            else:
                return task

    def _alone(self, task: _Task[T, R]) -> ExecutorError | None:
        """Like `_outcome`, in a new worker for this item only: if that is lost too, the item is the cause."""
        workers = self._proven(1)
        try:
            task.begin(workers)
            return self._stopped(task.reason(), task.seconds)
        except _LostError as error:
            return ExecutorError(f"its workers were lost {task.lost + 1} times ({error})", kind="crash")
        finally:
            workers.close()

    def _stopped(self, reason: BaseException | None, seconds: float) -> ExecutorError | None:
        """Return why work with `seconds` of time was stopped for `reason`; None when it ended by itself."""
        from pebble import ProcessExpired  # noqa: PLC0415 - only needed with workers

        if isinstance(reason, TimeoutError):
            return ExecutorError(f"stopped after {seconds:.3g} s", kind="timeout")
        if isinstance(reason, MemoryError):
            return ExecutorError(f"stopped at {_allowed(self._worker_bytes) >> 20} MiB of memory", kind="memory")
        if isinstance(reason, ProcessExpired):
            return ExecutorError(f"the worker died with exit code {reason.exitcode}", kind="crash")
        return None

    # ---------------------------------------------------------------- workers

    def _started(self) -> _Workers:
        with self._starting:
            if self._workers is None:
                self._workers = self._new(self._number)
            return self._workers

    def _replaced(self, lost: _Workers, error: _LostError) -> _Workers:
        """Return workers in place of `lost`; of several threads that wait, the first one starts them.

        Raises:
            WorkersError: none can be started, or the lost ones were ended on purpose.
        """
        with self._starting:
            if lost.ended:
                raise WorkersError("the worker processes were ended before they had done their work")
            if self._workers is lost:
                log.warning("the worker processes are lost (%s); new ones are started, and no work is lost", error)
                self._workers = None
                lost.close()
            if self._workers is None:
                self._workers = self._proven(self._number)
            return self._workers

    def _proven(self, number: int) -> _Workers:
        """Return new workers after a test call succeeded; raise WorkersError if none can be started."""
        reason = ""
        for wait in _WAITS:
            workers = self._new(number)
            try:
                workers.reason(workers.begin(_answer, None, self._item_seconds))
            except _LostError as error:
                reason = str(error)
                workers.close()
                time.sleep(wait)
            else:
                return workers
        raise WorkersError(
            f"no worker process can be started to read documents ({reason}), and none was read: look at the limits of memory"
            " and processes (`ulimit -a`; LimitAS=, MemoryMax= and TasksMax= of a systemd unit), and whether this user may"
            " run Python"
        )

    def _new(self, number: int) -> _Workers:
        import multiprocessing  # noqa: PLC0415 - only needed with workers

        from pebble import ProcessPool  # noqa: PLC0415

        allowed = _allowed(self._worker_bytes)
        if allowed < self._worker_bytes and not self._said:
            self._said = True
            log.warning(
                "each document is read with %d MiB of memory at most, not %d: the hard limit of this process is lower"
                " (`ulimit -Hv`, or LimitAS= of a systemd unit)",
                allowed >> 20,
                self._worker_bytes >> 20,
            )
        # A fork of a process with threads, such as Datasette's, may hang for ever. The fork server has no threads.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["feedsvc.executors", "feedsvc.parsers", "feedsvc.rules"])
        limited = partial(_limit_memory, self._worker_bytes)
        pool = ProcessPool(max_workers=number, max_tasks=_RECYCLED_AFTER, initializer=limited, context=context)
        return _Workers(pool)


def _answer(_: None) -> None:
    """Do nothing in a worker: a result proves that a worker runs."""


def _allowed(wanted: int) -> int:
    """Return how many bytes of address space a process of ours may have, `wanted` at most."""
    import resource  # noqa: PLC0415 - only needed with workers

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _limit_memory(most: int) -> None:
    """Let this process have no more than `most` bytes of address space; an allocation beyond is a MemoryError.

    Where the hard limit is lower, it is that: only root may raise one.
    """
    import resource  # noqa: PLC0415 - of a worker only

    allowed = _allowed(most)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
