"""Threads for SQL that leave the event loop alone: they give way to it, and what they failed with holds no cursor.

The frames of an exception hold the cursor of the query that failed. If the event loop is where they are freed, SQLite has
the cursor's statement finalised there, and that waits for the connection, which has begun the next query by then: one
query over its time made every feed wait for the whole of the next one. So frames are cleared in the thread they ran in.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from feedsvc.shield import tidied

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from feedsvc.serve.types import Datasette

P = ParamSpec("P")
T = TypeVar("T")

_NICEST = 19
NICENESS = 10  # more than the process has; the loop and whoever polls go first, SQL has what is left


class SqlThreads(ThreadPoolExecutor):
    """A pool of `number` threads for SQL, each named after `name`; `within` is what runs each piece of work there."""

    def __init__(self, number: int, name: str, within: Callable[[Callable[[], Any]], Any] | None = None) -> None:
        super().__init__(number, thread_name_prefix=name, initializer=_give_way)
        self._within = within

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `work` in one of the threads; an exception comes without the values that its frames had.

        Where the pool has a `within`, that sees the context variables of the task that submits.
        """
        bound = partial(work, *args, **kwargs)
        if self._within is not None:
            bound = partial(copy_context().run, self._within, bound)
        return super().submit(partial(tidied, bound))


def lower_priority(datasette: Datasette, within: Callable[[Callable[[], Any]], Any]) -> None:
    """Let `datasette` run its SQL in such threads, as many as it is set to have, each piece of work by `within`."""
    idle, number = datasette.executor, datasette.setting("num_sql_threads")
    if number and not isinstance(idle, SqlThreads):
        datasette.executor = SqlThreads(number, "feedsvc-sql", within)
        idle.shutdown(wait=False)


def _give_way() -> None:
    """Lower the priority of this thread: Linux has one for each, elsewhere it would be that of the whole process."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(nice + NICENESS, _NICEST))
