"""Where documents come from: the adapters that read.

To add a kind: one file with a `feedsvc.ports.Reader`, and one line in `KINDS`. Importing this package brings neither network
library nor parser; the first remote source that is read does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.sources.directory import DirectoryReader
from feedsvc.sources.http.fetcher import Fetcher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feedsvc.ports import Executor, Reader


def _feed(fetcher: Fetcher, executor: Executor) -> Reader:
    from feedsvc.sources.feed import FeedReader  # noqa: PLC0415 - the remote kinds bring the parsers

    return FeedReader(fetcher, executor)


def _page(fetcher: Fetcher, executor: Executor) -> Reader:
    from feedsvc.sources.page import PageReader  # noqa: PLC0415 - as above

    return PageReader(fetcher, executor)


def _sitemap(fetcher: Fetcher, executor: Executor) -> Reader:
    from feedsvc.sources.sitemap import SitemapReader  # noqa: PLC0415 - as above

    return SitemapReader(fetcher, executor)


# A kind `opml` has no reader: `feedsvc.sources.opml` makes feed sources of it.
KINDS: Mapping[str, Callable[[Fetcher, Executor], Reader]] = {
    "directory": lambda _fetcher, _executor: DirectoryReader(),
    "feed": _feed,
    "page": _page,
    "sitemap": _sitemap,
}

__all__ = ["KINDS", "Fetcher"]
