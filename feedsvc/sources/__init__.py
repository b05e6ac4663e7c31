"""Where documents come from: the adapters that read.

To add a kind: one file with a `feedsvc.ports.Reader`, and one line in `KINDS`. Importing this package brings no network library;
the first remote source that is read does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.sources.directory import DirectoryReader
from feedsvc.sources.feed import FeedReader
from feedsvc.sources.fetching import Fetcher
from feedsvc.sources.page import PageReader
from feedsvc.sources.sitemap import SitemapReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feedsvc.ports import Executor, Reader

# A kind `opml` has no reader: `feedsvc.sources.opml` makes feed sources of it.
KINDS: Mapping[str, Callable[[Fetcher, Executor], Reader]] = {
    "directory": lambda _fetcher, _executor: DirectoryReader(),
    "feed": FeedReader,
    "page": PageReader,
    "sitemap": SitemapReader,
}

__all__ = ["KINDS", "Fetcher"]
