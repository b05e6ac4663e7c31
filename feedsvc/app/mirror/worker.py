"""Mirror the feeds to another place, in a separate thread, so that a slow or absent store delays nothing.

    emission -> RecordingPublisher (which files changed?) -> Mirror -> a pass of `MirrorSync`

Files that could not be copied are tried again after growing intervals, also over a restart. The first pass of a process
checks every file, and so finds those that an earlier process did not copy.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feedsvc.app.outbox import Outbox
from feedsvc.model.layout import FEEDS
from feedsvc.store.mirror_rows import MirrorRows, waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.app.mirror.sync import SyncReport, Target
    from feedsvc.config import Config
    from feedsvc.ports import Clock
    from feedsvc.store.archive import Archive
    from feedsvc.store.mirror_rows import Waiting

RETRY: Final = 60.0  # seconds between two passes while files wait

log = logging.getLogger(__name__)


class Mirror:
    """Keeps the place in `[publish] to`, if any, equal to the folder of feeds; the ops.db at `ops` records what is there."""

    def __init__(self, config: Config, ops: Path, clock: Clock) -> None:
        self._settings = config.publish
        self._feeds = Path(config.archive) / FEEDS
        self._ops = ops
        self._clock = clock
        self._outbox = Outbox("mirror", self._patient_pass)
        self._changing = threading.Lock()  # held for a look at the next
        self._changed: set[str] | None = None  # paths that may have changed; None = any
        self._working = threading.Lock()  # one pass at a time
        self._place: Target | None = None  # made by the first pass

    def tell(self, paths: Iterable[str]) -> None:
        """Request that the files at `paths` (below the folder of feeds) be copied there; return at once."""
        paths = frozenset(paths)
        if not self._settings.to or (self._outbox.is_started and not paths):
            return
        with self._changing:
            if self._changed is not None:
                self._changed.update(paths)
        self._outbox.tell()

    def now(self, *, anew: bool = False) -> SyncReport | None:
        """Bring there what is not there as it is, or all of it `anew`, without patience and in this thread; None = nowhere to.

        Raises:
            FeedsvcError: the place cannot be talked to at all, or ops.db cannot be written.
        """
        if not self._settings.to:
            return None
        with self._changing:
            self._changed = None
        with self._working:
            self._place = None if anew else self._place  # it may know of folders that are gone
        return self._pass(patient=False, anew=anew)

    def ask_end(self) -> None:
        """Begin no further pass; `end` waits for the running one."""
        self._outbox.ask_end()

    def end(self) -> None:
        """Begin no further pass, and wait a bounded time for the running one."""
        self._outbox.end()

    def _patient_pass(self) -> float | None:
        done = self._pass(patient=True)
        if done.error:
            log.warning("%d files wait to be published elsewhere: %s", done.waiting, done.error)
        return RETRY if done.waiting else None

    def _pass(self, *, patient: bool, anew: bool = False) -> SyncReport:
        from feedsvc.app.mirror.sync import MirrorSync, target  # noqa: PLC0415 - most archives are published nowhere else

        with self._working:
            with self._changing:
                changed, self._changed = self._changed, set()
            noted = MirrorRows(self._ops, self._settings.place)
            try:
                self._place = self._place or target(self._settings)
                one = MirrorSync(self._settings, self._place, self._feeds, noted, self._outbox.is_late)
                return one.run(changed, self._clock.now(), patient=patient, anew=anew)
            except BaseException:
                with self._changing:
                    self._changed = None
                raise
            finally:
                noted.close()


def standing(config: Config, archive: Archive) -> Waiting:
    """Return what could not be published at the place that `config` names."""
    return waiting(archive.operations.db, config.publish.place)
