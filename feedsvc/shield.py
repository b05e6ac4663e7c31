"""Wait for work in threads even if the waiting task is cancelled: a thread cannot be stopped half-way.

A thread that uses a database, a file or a lock must have ended before these are closed or given to others. One cancellation
may be followed by more: a task that is cancelled cancels what it gathers, and the end of the event loop cancels every task.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

log = logging.getLogger(__name__)


async def in_thread(work: Callable[[], T], *, cancelled: Callable[[], None] | None = None) -> T:
    """Return `work()`, done in a thread of the loop's default executor.

    If the caller is cancelled, however often, this waits for the end of the thread and then raises the cancellation. Each
    cancellation calls `cancelled`, which may tell the thread to end early. What a thread fails with that nobody waits for any
    more is logged.
    """
    # A future of the executor, not a task: the end of a loop cancels all its tasks, and a cancelled one says that it has
    # ended while its thread goes on.
    future = asyncio.get_running_loop().run_in_executor(None, partial(contextvars.copy_context().run, _awaitable, work))
    return await outcome(future, cancelled=cancelled)


async def outcome(future: asyncio.Future[T], *, cancelled: Callable[[], object] | None = None) -> T:
    """Return the result of `future`, which stands for work in a thread; see `in_thread` for what a cancellation does."""
    try:
        await until_ended([future], cancelled=cancelled)
    except asyncio.CancelledError:
        if not future.cancelled() and (error := future.exception()):
            log.exception("what was still under way after a cancellation failed: %s", error, exc_info=error)
        raise
    return future.result()


async def until_ended(futures: Iterable[asyncio.Future[Any]], *, cancelled: Callable[[], object] | None = None) -> None:
    """Wait until each of `futures` has ended, and then raise the cancellation of the caller, if there was one meanwhile."""
    pending = set(futures)
    cancellation: asyncio.CancelledError | None = None
    while pending:
        try:
            _, pending = await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cancellation = error
            if cancelled is not None:
                cancelled()
            pending = {future for future in pending if not future.done()}
    if cancellation is not None:
        raise cancellation


def tidied(work: Callable[[], T]) -> T:
    """Return `work()`, done in this thread; what it raises holds no values of its frames (see `forget_frames`)."""
    try:
        return _awaitable(work)
    except BaseException as error:
        forget_frames(error)
        raise


def _awaitable(work: Callable[[], T]) -> T:
    """Return `work()`. A future of asyncio takes no StopIteration, and its loop would wait for ever: as in PEP 479, it is a bug.

    Raises:
        RuntimeError: `work` raised StopIteration.
    """
    try:
        return work()
    except StopIteration as error:
        raise RuntimeError("work in a thread raised StopIteration") from error


def forget_frames(error: BaseException | None) -> None:
    """Clear the local variables in the frames of `error` and of all that led to it.

    The frames of an exception hold the cursor of the query that failed. Whatever thread frees them last waits for the
    connection that the cursor belongs to, which may have begun its next transaction by then.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
