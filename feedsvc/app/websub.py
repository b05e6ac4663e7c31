"""Telling a WebSub hub which feeds changed, in a thread of its own: a hub that is slow or away holds nothing up.

    emission -> Noted (which documents were written?) -> pings in ops.db -> Herald -> hub

What the hub did not take waits in ops.db, ever longer between two tries, over restarts too.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from feedsvc.formats.validity import segment
from feedsvc.model.catalog import FORMATS
from feedsvc.model.layout import FEEDS, closed_page, form_of
from feedsvc.sources.http.hub import HubClient
from feedsvc.store.websub_queue import WebSubQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from feedsvc.config import Config
    from feedsvc.ports import Clock, Publisher

FIRST_WAIT: Final = timedelta(minutes=1)  # after the first failure; doubled by each further one
LONGEST_WAIT: Final = timedelta(days=1)
TRIES: Final = 12  # about four days
PASS_SECONDS: Final = 20.0  # a pass begins no ping after so long: a command that ends waits for it

log = logging.getLogger(__name__)


class RecordingPublisher:
    """A publisher that remembers what it did. Implements `feedsvc.ports.Publisher`."""

    def __init__(self, inner: Publisher) -> None:
        self._inner = inner
        self.written: list[str] = []  # subscription documents
        self.changed: list[str] = []  # every path that was written or withdrawn

    def batch(self) -> AbstractContextManager[None]:
        """Let documents be put in place by the dozen."""
        return self._inner.batch()

    def publish(self, path: str, body: bytes, coded: Mapping[str, Callable[[], bytes]] | None = None) -> bool:
        """Publish, and note what changed; closed pages are nobody's subscription, and the index is no feed."""
        written = self._inner.publish(path, body, coded)
        if written:
            self.changed.append(path)
        if written and form_of(path) in FORMATS and closed_page(path) is None:
            self.written.append(path)
        return written

    def withdraw(self, path: str) -> bool:
        """Withdraw what is at `path`, and note it."""
        self.changed.append(path)
        return self._inner.withdraw(path)

    def has(self, path: str) -> bool:
        """Return whether something is published at `path`."""
        return self._inner.has(path)

    def paths(self) -> Iterator[str]:
        """Yield every path that is published."""
        return self._inner.paths()


class WebSubNotifier:
    """Tells the hub of `config`, if there is one, of every feed that waits in the ops.db at `path`."""

    def __init__(self, config: Config, path: Path, clock: Clock) -> None:
        self._config = config
        self._path = path
        self._clock = clock
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ending = False

    def tell(self, documents: Iterable[str]) -> None:
        """Let the hub know that `documents` (paths below the folder of feeds) changed; returns at once."""
        topics = [f"{self._config.url}/{FEEDS}/{segment(path)}" for path in documents]
        if not self._config.feeds.hub:
            return
        pings = WebSubQueue(self._path)
        pings.add(topics, self._clock.now())
        waiting = pings.next() is not None
        pings.close()
        with self._news:
            self._news.notify()
            if waiting and not self._ending and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="herald", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Wait for the pass that is under way, and begin no other."""
        with self._news:
            self._ending = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(2 * PASS_SECONDS)

    def _run(self) -> None:
        try:
            pings = WebSubQueue(self._path)
            try:
                while self._pass(pings) and self._wait(pings):
                    pass
            finally:
                pings.close()
        except Exception:
            log.exception("the hub is not told of what changed; the next change tries again")

    def _pass(self, pings: WebSubQueue) -> bool:
        """Ping what is due, until the hub fails; return whether anything waits."""
        began = time.monotonic()
        with HubClient(self._config.feeds.hub, self._config.fetch.user_agent) as pinger:
            for topic, tries in pings.due(self._clock.now()):
                if time.monotonic() - began > PASS_SECONDS:
                    break
                error = pinger.ping(topic)
                if not error or tries + 1 >= TRIES:
                    pings.done([topic])
                else:
                    pings.failed(topic, error, self._clock.now() + min(FIRST_WAIT * 2**tries, LONGEST_WAIT))
                if error:
                    log.warning("%s: %s", topic, error)
                    break
        return pings.next() is not None

    def _wait(self, pings: WebSubQueue) -> bool:
        """Wait until the next ping is due or something is new; return whether to go on."""
        due = pings.next()
        with self._news:
            if due is not None and not self._ending:
                self._news.wait(max(0.0, (due - self._clock.now()).total_seconds()))
            return not self._ending
