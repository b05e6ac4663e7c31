"""Tell a WebSub hub which feeds changed, in a separate thread, so that a slow or absent hub delays nothing.

    emission -> RecordingPublisher (which documents were written?) -> pings in ops.db -> WebSubNotifier -> hub

Pings that failed stay in ops.db, also over a restart, and are sent again after growing intervals.
"""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from feedsvc.app.outbox import Outbox
from feedsvc.formats.validity import segment
from feedsvc.model.catalog import FORMATS
from feedsvc.model.layout import FEEDS, closed_page, form_of
from feedsvc.pace import retry
from feedsvc.sources.http.hub import HubClient
from feedsvc.store.websub_queue import WebSubQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from feedsvc.config import Config
    from feedsvc.ports import Clock, Publisher

# Seconds after the first failure; each further failure doubles the wait, up to a day.
FIRST_WAIT: Final = 60.0
TRIES: Final = 12  # about four days

log = logging.getLogger(__name__)


class RecordingPublisher:
    """A publisher that remembers what it did. Implements `feedsvc.ports.Publisher`."""

    def __init__(self, inner: Publisher) -> None:
        self._inner = inner
        self.written: list[str] = []  # subscription documents
        self.changed: list[str] = []  # every path that was written or withdrawn

    def batch(self) -> AbstractContextManager[None]:
        """Return the batch of the inner publisher."""
        return self._inner.batch()

    def publish(self, path: str, body: bytes, coded: Mapping[str, Callable[[], bytes]] | None = None) -> bool:
        """Publish `body`, and record a change; nobody subscribes to closed pages or to the index."""
        written = self._inner.publish(path, body, coded)
        if written:
            self.changed.append(path)
        if written and form_of(path) in FORMATS and closed_page(path) is None:
            self.written.append(path)
        return written

    def withdraw(self, path: str) -> bool:
        """Withdraw the document at `path`, and record that."""
        self.changed.append(path)
        return self._inner.withdraw(path)

    def has(self, path: str) -> bool:
        """Return whether something is published at `path`."""
        return self._inner.has(path)

    def paths(self) -> Iterator[str]:
        """Yield every path that is published."""
        return self._inner.paths()


class WebSubNotifier:
    """Sends the pings that wait in the ops.db at `path` to the hub of `config`, if one is configured."""

    def __init__(self, config: Config, path: Path, clock: Clock) -> None:
        self._config = config
        self._path = path
        self._clock = clock
        self._outbox = Outbox("websub", self._pass)

    def tell(self, documents: Iterable[str]) -> None:
        """Queue pings for `documents` (paths below the folder of feeds) that changed, and return at once."""
        topics = [f"{self._config.url}/{FEEDS}/{segment(path)}" for path in documents]
        if not self._config.feeds.hub:
            return
        with closing(WebSubQueue(self._path)) as pings:
            pings.add(topics, self._clock.now())
            waiting = pings.next() is not None
        if waiting:
            self._outbox.tell()

    def ask_end(self) -> None:
        """Begin no further pass; `end` waits for the running one."""
        self._outbox.ask_end()

    def end(self) -> None:
        """Begin no further pass, and wait for the running one."""
        self._outbox.end()

    def _pass(self) -> float | None:
        """Send due pings until one fails; return the seconds until the next is due, None = no ping waits."""
        with closing(WebSubQueue(self._path)) as pings:
            with HubClient(self._config.feeds.hub, self._config.fetch.user_agent) as hub:
                for topic, tries in pings.due(self._clock.now()):
                    if self._outbox.is_late() or not self._ping(hub, pings, topic, tries):
                        break
            due = pings.next()
        return None if due is None else max(0.0, (due - self._clock.now()).total_seconds())

    def _ping(self, hub: HubClient, pings: WebSubQueue, topic: str, tries: int) -> bool:
        """Send a ping for `topic` after `tries` failures; return whether the hub accepted it."""
        error = hub.ping(topic)
        if not error or tries + 1 >= TRIES:
            pings.done([topic])
        else:
            wait = timedelta(seconds=retry(FIRST_WAIT, tries + 1))
            pings.failed(topic, error, self._clock.now() + wait)
        if error:
            log.warning("%s: %s", topic, error)
        return not error
