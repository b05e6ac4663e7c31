"""feedgen's trees, mended: one empty feed in, bytes out. The only home of feedgen.

A document is the shell of a feed, which feedgen writes, with its entries joined in, each written once; it equals byte for
byte what feedgen, mended, would write for the whole (`tests/formats/reference.py` has its trees of entries, which cost five
times as much). What feedgen 1.0.0 spoils is put right in `finish`, a function that gets the finished element. Its Atom
elements have no namespace (it writes `xmlns` as a plain attribute): children of Atom elements are made by bare name, those
of RSS items by qualified name.

feedgen is imported when the first feed is rendered: it costs 0.1 s, and a run that changes nothing renders none.
"""

from __future__ import annotations

from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feedgen.feed import FeedGenerator
    from lxml.etree import _Element as Element

    Finish = Callable[[Element], None]

ATOM: Final = "http://www.w3.org/2005/Atom"
ARCHIVING: Final = "http://purl.org/syndication/history/1.0"  # RFC 5005
CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
DC: Final = "http://purl.org/dc/elements/1.1/"
MEDIA: Final = "http://search.yahoo.com/mrss/"
TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"  # RFC 6721
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class Mend:
    """A feedgen extension that hands the finished element to `finish`; one for both formats."""

    def __init__(self, finish: Finish, namespaces: Mapping[str, str]) -> None:
        self._finish = finish
        self._namespaces = namespaces

    def extend_ns(self) -> dict[str, str]:
        """Return the prefixes of the root element."""
        return dict(self._namespaces)

    def extend_atom(self, element: Element) -> Element:
        """Finish an Atom `feed` (before its entries are in) or `entry`."""
        self._finish(element)
        return element

    def extend_rss(self, element: Element) -> Element:
        """Finish an RSS `rss` (before its items are in) or `item`."""
        self._finish(element)
        return element


def new_feed(finish: Finish, namespaces: Mapping[str, str]) -> FeedGenerator:
    """Return an empty feed of feedgen that `finish` will mend; `namespaces` are those that its entries use."""
    made = _library().feed.FeedGenerator()
    made.register_extension("feedsvc", lambda: Mend(finish, namespaces))
    return made


def child(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """Append an element; attributes that are empty are left out."""
    made = parent.makeelement(tag, {name: value for name, value in attributes.items() if value})
    made.text = text or None
    parent.append(made)
    return made


@cache
def _library() -> Any:  # noqa: ANN401 - feedgen has no types
    """Import feedgen, once, with a date function that leaves the locale alone.

    feedgen calls `setlocale` for every RSS date: not safe beside other threads, and four of them left the process in
    another locale. The standard library's function writes the same string.
    """
    import feedgen.entry  # noqa: PLC0415 - 0.1 s that a run without feeds does not pay
    import feedgen.feed  # noqa: PLC0415

    feedgen.entry.formatRFC2822 = format_datetime
    feedgen.feed.formatRFC2822 = format_datetime
    return feedgen
