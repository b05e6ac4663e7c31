"""Where published documents lie: below the folder of feeds, below the public base and in buckets alike, once.

    feeds/index.opml                         the index of all feeds
    feeds/<path>.<format>                    the subscription document of the feed at `path` (`FeedSpec.path`)
    feeds/<path>.<format><suffix>            the same under a content coding
    feeds/<path>/archive/<n>.<format>.gz     a closed page (RFC 5005 §4), stored compressed and nothing else

Paths are relative to the folder of feeds and parted by "/". Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FEEDS: Final = "feeds"  # the folder of feeds, below the archive and below the public base
INDEX: Final = "index.opml"  # OPML of all feeds
ARCHIVE: Final = "archive"  # the folder of a feed's closed pages; no category has it for a slug

EVERYTHING: Final = "all"  # path of the feed of everything
CATEGORY: Final = "category/"  # paths of categories' feeds begin so, and those of their pages for people
SOURCE: Final = "source/"  # the same of sources
CUSTOM: Final = "custom/"  # the same of the configuration's own feeds, which have no closed pages

CODING_SUFFIXES: Final[Mapping[str, str]] = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}  # content coding -> suffix
SUFFIXES: Final = tuple(CODING_SUFFIXES.values())  # of files beside a document
STORED: Final = CODING_SUFFIXES["gzip"]  # of closed pages

_CODED: Final = "|".join(re.escape(suffix) for suffix in SUFFIXES)
_CLOSED: Final = re.compile(rf"(?P<feed>.*)/{ARCHIVE}/(?P<number>[1-9][0-9]{{0,9}})\.(?P<form>[a-z0-9]+)(?:{_CODED})?")


class ClosedPage(NamedTuple):
    """Which closed page lies at a path."""

    feed: str  # FeedSpec.path
    number: int  # from 1
    form: str  # name of its format


def document(path: str, form: str) -> str:
    """Return where the document of the feed or closed page at `path` lies in one format."""
    return f"{path}.{form}"


def form_of(path: str) -> str:
    """Return the extension of the document at `path`, which is its format's name; "opml" for the index."""
    return path.rpartition(".")[2]


def page(feed: str, number: int) -> str:
    """Return the path of a closed page of `feed`, without extension."""
    return f"{feed}/{ARCHIVE}/{number}"


def closed_page(path: str) -> ClosedPage | None:
    """Return the closed page that lies at `path`, compressed or not; None for every other document."""
    found = _CLOSED.fullmatch(path)
    return ClosedPage(found["feed"], int(found["number"]), found["form"]) if found else None


def category(slug: str) -> str:
    """Return the path of a category's feed, which is that of its page too."""
    return f"{CATEGORY}{slug}"


def source(name: str) -> str:
    """Return the path of a source's feed, which is that of its page too."""
    return f"{SOURCE}{name}"


def custom(slug: str) -> str:
    """Return the path of a feed that the configuration defines."""
    return f"{CUSTOM}{slug}"
