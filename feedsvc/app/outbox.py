"""A worker thread that delivers changes to another service, so that a slow or absent receiver delays nothing here.

    tell -> pass -> wait for the next `tell`, or until something is due -> pass -> ... -> end

WebSub and the mirror use it. They record in ops.db what has to be delivered and what failed.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from feedsvc.errors import FeedsvcError

if TYPE_CHECKING:
    from collections.abc import Callable

END_SECONDS: Final = 20.0  # this long after `end`, a pass stops beginning deliveries
BROKEN_SECONDS: Final = 60.0  # wait after a pass that raised an exception

log = logging.getLogger(__name__)


class Outbox:
    """Runs `one_pass` in a thread called `name`, one pass at a time, after each `tell` and when something is due.

    `one_pass` returns how many seconds to wait until the next pass; None = until the next `tell`. It must check `is_late`
    before each delivery that it begins. If it raises an exception, that is logged, and the next pass follows in a minute.
    """

    def __init__(self, name: str, one_pass: Callable[[], float | None]) -> None:
        self._name = name
        self._one_pass = one_pass
        self._news = threading.Condition()
        self._told = False
        # Time on the monotonic clock after which no delivery begins; None = `end` was not called.
        self._until: float | None = None
        self._thread: threading.Thread | None = None

    def tell(self) -> None:
        """Request a pass that begins after this call, and return at once. After `end` this does nothing."""
        with self._news:
            if self._until is not None:
                return
            self._told = True
            self._news.notify()
            # The thread ends only after `end`, so a thread that exists is still running here.
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    @property
    def is_started(self) -> bool:
        """Whether `tell` was ever called."""
        return self._thread is not None

    def is_late(self) -> bool:
        """Return whether `end` was called so long ago that no delivery may begin."""
        return self._until is not None and time.monotonic() > self._until

    def ask_end(self) -> None:
        """Finish the running pass, and one more if `tell` was called before; begin no further pass."""
        with self._news:
            if self._until is None:
                self._until = time.monotonic() + END_SECONDS
            self._news.notify()

    def end(self) -> None:
        """Do what `ask_end` does, and wait for the end of the thread, for twice `END_SECONDS` at most."""
        self.ask_end()
        if self._thread is not None:
            self._thread.join(2 * END_SECONDS)

    def _run(self) -> None:
        going = True
        while going:
            with self._news:
                self._told = False
            going = self._wait(self._passed())

    def _passed(self) -> float | None:
        """Run one pass; return how many seconds to wait until the next one."""
        try:
            return self._one_pass()
        except FeedsvcError as error:
            log.warning("%s: %s", self._name, error)
        except Exception:
            log.exception("%s: a pass failed for a bug; it is tried again", self._name)
        return BROKEN_SECONDS

    def _wait(self, seconds: float | None) -> bool:
        """Wait for `seconds`, for `tell` or for `end`; return whether another pass follows."""
        with self._news:
            self._news.wait_for(lambda: self._told or self._until is not None, seconds)
            return self._told or self._until is None
