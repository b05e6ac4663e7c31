"""A worker that brings what changed to somebody else, in a thread of its own: one that is slow or away holds nothing up.

    tell -> pass -> wait until told again, or until something is due -> pass -> ... -> end

WebSub and the mirror are its users. What is to be brought, and what failed, is theirs to remember, in ops.db.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from feedsvc.errors import FeedsvcError

if TYPE_CHECKING:
    from collections.abc import Callable

END_SECONDS: Final = 20.0  # after `end`, a pass begins nothing new for longer than this
BROKEN_SECONDS: Final = 60.0  # before the next pass after one that raised

log = logging.getLogger(__name__)


class Outbox:
    """Runs `one_pass` in a thread called `name`, once at a time, whenever it was told of something or something is due.

    `one_pass` returns how many seconds to wait until the next pass, None = until the next `tell`. It asks `is_late` before each
    thing that it begins. An exception in it is logged, and it is called again after a minute.
    """

    def __init__(self, name: str, one_pass: Callable[[], float | None]) -> None:
        self._name = name
        self._one_pass = one_pass
        self._news = threading.Condition()
        self._told = False
        self._until: float | None = None  # monotonic; nothing new is begun after that. None = no end was asked for
        self._thread: threading.Thread | None = None

    def tell(self) -> None:
        """Have a pass begin after this call; return at once. After `end` nothing begins any more."""
        with self._news:
            if self._until is not None:
                return
            self._told = True
            self._news.notify()
            # The thread ends only after `end`, so that one that was started once is never on its way out here.
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    @property
    def is_started(self) -> bool:
        """Whether it was ever told of anything."""
        return self._thread is not None

    def is_late(self) -> bool:
        """Return whether an end was asked for so long ago that nothing new is begun."""
        return self._until is not None and time.monotonic() > self._until

    def ask_end(self) -> None:
        """Let the pass that is under way, and one for what was told before, come to an end; begin no other."""
        with self._news:
            if self._until is None:
                self._until = time.monotonic() + END_SECONDS
            self._news.notify()

    def end(self) -> None:
        """Do what `ask_end` does, and wait for it: for twice `END_SECONDS` at most."""
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
        """Do a pass; return how many seconds to wait until the next one."""
        try:
            return self._one_pass()
        except FeedsvcError as error:
            log.warning("%s: %s", self._name, error)
        except Exception:
            log.exception("%s: a pass failed for a bug; it is tried again", self._name)
        return BROKEN_SECONDS

    def _wait(self, seconds: float | None) -> bool:
        """Wait for so long, for news, or for the end; return whether to go on."""
        with self._news:
            self._news.wait_for(lambda: self._told or self._until is not None, seconds)
            return self._told or self._until is None
