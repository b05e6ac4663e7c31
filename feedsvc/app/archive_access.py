"""The archive as the use cases see it: each reads through a connection of its own thread, and the owner writes for it."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import feedsvc
from feedsvc import plugins
from feedsvc.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from feedsvc.config import Config
    from feedsvc.model import Article, Batch, Known, Members, RawDocument, Tombstone, Verdict
    from feedsvc.store.owner import Owner


@contextmanager
def open_view(config: Config) -> Iterator[Archive]:
    """Open the archive of `config` for reading; use it in the calling thread only. Another process may write meanwhile.

    Raises:
        ArchiveError: there is no archive yet, or it cannot be read.
    """
    archive = Archive(Path(config.archive), plugins.program(feedsvc.__version__), readonly=True)
    try:
        yield archive
    finally:
        archive.close()


class StaleFeedsAccess:
    """Reads from `view` which feeds are stale, and marks them through `owner` if there is one.

    Implements `feedsvc.ports.StaleFeeds`.
    """

    def __init__(self, view: Archive, owner: Owner[Archive] | None) -> None:
        self._view = view
        self._owner = owner

    def change(self) -> int:
        """Return the number of the last commit that changed what feeds show."""
        return self._view.change()

    def stale_feeds(self) -> frozenset[str]:
        """Return the paths of feeds to render again; "*" = all."""
        return self._view.stale_feeds()

    def emitted(self, paths: Iterable[str], before: int) -> None:
        """Mark feeds as rendered from the state at change number `before`."""
        done = list(paths)
        if done and self._owner is not None:
            self._owner.call(lambda archive: archive.emitted(done, before))


class FeedPagesAccess:
    """Reads the closed pages of feeds from `view`, and closes pages through `owner` if there is one.

    Implements `feedsvc.ports.FeedPages`.
    """

    def __init__(self, view: Archive, owner: Owner[Archive] | None) -> None:
        self._view = view
        self._owner = owner

    def close_pages(self, path: str, size: int) -> int:
        """Close all full pages (of `size` members) of the feed at `path`; return how many pages are closed."""
        if self._owner is not None and self._view.has_pages_to_close(path, size):
            return self._owner.call(lambda archive: archive.close_pages(path, size))
        return self._view.close_pages(path, size)

    def members(self, path: str, page: int) -> Members:
        """Return the members of one page of the feed at `path`; 0 = the open page."""
        return self._view.members(path, page)

    def tombstones(self, path: str, limit: int) -> Sequence[Tombstone]:
        """Return at most `limit` articles that were withdrawn from the feed at `path`, the latest first."""
        return self._view.tombstones(path, limit)

    def pages_url(self) -> str:
        """Return the public base that all closed pages were published under."""
        return self._view.pages_url()

    def pages_published(self, url: str) -> None:
        """Record that all closed pages are published under `url`."""
        if self._owner is not None and self._view.pages_url() != url:
            self._owner.call(lambda archive: archive.pages_published(url))


class ReplayAccess:
    """Reads for a replay from `view`, and writes through `owner`. Implements `feedsvc.ports.ReplayStore`."""

    def __init__(self, view: Archive, owner: Owner[Archive]) -> None:
        self._view = view
        self._owner = owner

    def readings(self, source: str) -> Iterator[RawDocument]:
        """Yield every kept reading of `source`, newest first."""
        return self._view.readings(source)

    def known(self, source: str, articles: Sequence[Article], missing: AbstractSet[str]) -> Sequence[Known]:
        """Return the stored articles of `source` that any of `articles` could be."""
        return self._view.known(source, articles, missing)

    def differences(self, verdicts: Sequence[Verdict]) -> Mapping[int, Mapping[str, tuple[str, str]]]:
        """Return article id -> field -> (as stored, as the verdict's article has it)."""
        return self._view.differences(verdicts)

    def commit(self, batch: Batch) -> None:
        """Write `batch` in one transaction, or nothing of it."""
        self._owner.call(lambda archive: archive.commit(batch))
