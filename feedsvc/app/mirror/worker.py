"""Publishing elsewhere, in a thread of its own: a store that is slow or away holds nothing up.

    emission -> Noted (which files changed?) -> Mirror -> a pass of `elsewhere`

What could not be brought there is tried again, ever more rarely, over restarts too. A process begins with a look at every
file: what an earlier one did not come to is found by that.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feedsvc.errors import FeedsvcError
from feedsvc.model.layout import FEEDS
from feedsvc.store.mirror_rows import MirrorRows, waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.app.mirror.sync import SyncReport, Target
    from feedsvc.config import Config
    from feedsvc.ports import Clock
    from feedsvc.store.archive import Archive
    from feedsvc.store.mirror_rows import Waiting

RETRY: Final = 60.0  # seconds between two looks at what waits
PASS_SECONDS: Final = 20.0  # who ends puts no more after so long; the next emission goes on

log = logging.getLogger(__name__)


class Mirror:
    """Keeps the place that `config` names, if any, like the folder of feeds; the ops.db at `ops` remembers what is there."""

    def __init__(self, config: Config, ops: Path, clock: Clock) -> None:
        self._settings = config.publish
        self._feeds = Path(config.archive) / FEEDS
        self._ops = ops
        self._clock = clock
        self._news = threading.Condition()
        self._changed: set[str] | None = None  # paths that may have changed; None = any
        self._asked = False
        self._thread: threading.Thread | None = None
        self._working = threading.Lock()  # one pass at a time
        self._place: Target | None = None  # made by the first pass
        self._until: float | None = None  # monotonic; nothing is put after that

    def tell(self, paths: Iterable[str]) -> None:
        """Let what changed at `paths` (below the folder of feeds) be brought there; returns at once."""
        paths = frozenset(paths)
        if not self._settings.to or (self._thread is not None and not paths):
            return
        with self._news:
            if self._changed is not None:
                self._changed.update(paths)
            self._asked = True
            self._news.notify()
            if self._until is None and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
                self._thread.start()

    def now(self, *, anew: bool = False) -> SyncReport | None:
        """Bring there what is not there as it is, or all of it `anew`, without patience and in this thread; None = nowhere to.

        Raises:
            FeedsvcError: the place cannot be talked to at all, or ops.db cannot be written.
        """
        if not self._settings.to:
            return None
        with self._news:
            self._changed = None
        with self._working:
            self._place = None if anew else self._place  # it may know of folders that are gone
        return self._pass(patient=False, anew=anew)

    def end(self) -> None:
        """Let the pass that is under way come to an end, within a bounded time, and begin no other."""
        with self._news:
            self._until = time.monotonic() + PASS_SECONDS
            self._news.notify()
        if self._thread is not None:
            self._thread.join(2 * PASS_SECONDS)

    def _run(self) -> None:
        going = True
        while going:
            waiting = 1
            try:
                done = self._pass(patient=True)
                waiting = done.waiting
                if done.error:
                    log.warning("%d files wait to be published elsewhere: %s", waiting, done.error)
            except FeedsvcError as error:
                log.warning("nothing is published elsewhere: %s", error)
            except Exception:
                log.exception("nothing is published elsewhere; it is tried again")
            going = self._wait(waiting)

    def _wait(self, waiting: int) -> bool:
        """Wait until there is news, or something to try again; return whether to go on."""
        with self._news:
            if self._until is None and not self._asked:
                self._news.wait(RETRY if waiting else None)
            going = self._asked or self._until is None
            self._asked = False
            return going

    def _pass(self, *, patient: bool, anew: bool = False) -> SyncReport:
        from feedsvc.app.mirror.sync import MirrorSync, target  # noqa: PLC0415 - most archives are published nowhere else

        with self._working:
            with self._news:
                changed, self._changed, self._asked = self._changed, set(), False
            noted = MirrorRows(self._ops, self._settings.place)
            try:
                self._place = self._place or target(self._settings)
                one = MirrorSync(self._settings, self._place, self._feeds, noted, self._late)
                return one.run(changed, self._clock.now(), patient=patient, anew=anew)
            except BaseException:
                with self._news:
                    self._changed = None
                raise
            finally:
                noted.close()

    def _late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until


def standing(config: Config, archive: Archive) -> Waiting:
    """Return what could not be published at the place that `config` names."""
    return waiting(archive.operations.db, config.publish.place)
