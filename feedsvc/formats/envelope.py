"""The document around the entries, as feedgen writes it. The only home of feedgen. Pure.

    Head --new_feed(), feedgen's methods--> FeedGenerator --atom_str(), rss_str()--> document without entries
    document without entries, fragments --filled()--> document

feedgen writes the root element and what it knows of a feed. What it does not know (RFC 5005, RFC 6721), or gets wrong, the
formats write as text behind that, and the entries after it.

feedgen is imported when the first feed is rendered: it costs 0.1 s, and a run that changes nothing renders none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from feedsvc.formats.xml_text import numbered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from feedgen.feed import FeedGenerator
    from lxml.etree import _Element as Element

ATOM: Final = "http://www.w3.org/2005/Atom"
ARCHIVING: Final = "http://purl.org/syndication/history/1.0"  # RFC 5005
CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
DC: Final = "http://purl.org/dc/elements/1.1/"
MEDIA: Final = "http://search.yahoo.com/mrss/"
TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"  # RFC 6721


class Prefixes:
    """A feedgen extension that declares namespaces on the root element of a document, and adds nothing else."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = namespaces

    def extend_ns(self) -> dict[str, str]:
        """Return the namespaces by their prefixes."""
        return dict(self._namespaces)

    def extend_atom(self, feed: Element) -> Element:
        """Return `feed` as it is."""
        return feed

    def extend_rss(self, rss: Element) -> Element:
        """Return `rss` as it is."""
        return rss


class _NoDate(datetime):
    """A date that is false, which feedgen therefore does not write.

    feedgen calls `setlocale` to write a date of RSS. That is not safe beside other threads: four of them left the process
    in another locale. It has no method that unsets the date, which it sets to the present time.
    """

    def __bool__(self) -> bool:
        return False


NO_DATE: Final = _NoDate(2000, 1, 1, tzinfo=UTC)


def new_feed(namespaces: Mapping[str, str]) -> FeedGenerator:
    """Return an empty feed of feedgen with `namespaces`, by prefix, on its root element."""
    from feedgen.feed import FeedGenerator  # noqa: PLC0415 - 0.1 s that a run without feeds does not pay

    made = FeedGenerator()
    made.register_extension("feedsvc", lambda: Prefixes(namespaces))
    return made


def filled(written: bytes, closing: bytes, beyond: str, fragments: Iterable[bytes]) -> bytes:
    """Return the document `written` with `beyond` and then the entries before its last `closing` tag.

    All that stands before the entries is plain text: "&" and "<" are written as numbers there (see `xml_text.plain`).

    Raises:
        ValueError: feedgen wrote no such tag.
    """
    at = written.rindex(closing)
    opening = numbered(written[:at].decode() + beyond)
    return b"".join((opening.encode(), *fragments, written[at:]))
