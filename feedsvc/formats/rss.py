"""RSS 2.0 with the elements of Atom, Dublin Core, content and Media RSS that readers know. Pure."""

from __future__ import annotations

import html
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from feedsvc.formats import envelope
from feedsvc.formats.feed_format import (
    FeedFormat,
    FeedParts,
    ListedEntry,
    Listing,
    links_before,
    parsed_xml,
    parts_between,
    text_of,
)
from feedsvc.formats.xml_text import attribute, escaped, escaped_content, plain, quoted
from feedsvc.model.catalog import RSS_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from feedsvc.formats.item import Head, Item

NAMESPACES: Final = {
    "media": envelope.MEDIA,
    "dc": envelope.DC,
    "atom": envelope.ATOM,
    "content": envelope.CONTENT,
}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def entry(item: Item) -> bytes:
    """Return one `item` element."""
    return "".join(_item(item)).encode()


def document(head: Head, fragments: Iterable[bytes]) -> bytes:
    """Return the feed with `fragments` (of `entry`) in their order."""
    archiving = {"fh": envelope.ARCHIVING} if head.is_archive else {}
    feed = envelope.new_feed({**NAMESPACES, **archiving})
    feed.title(head.title)
    feed.subtitle(head.description)
    feed.lastBuildDate(envelope.NO_DATE)
    feed.link(href=head.location("rss"), rel="self", type=RSS_TYPE)
    # the last link is the channel's
    feed.link(href=head.page, rel="alternate")
    feed.generator(f"{head.generator} {head.version}".strip())
    if head.language:
        feed.language(head.language)
    return envelope.filled(feed.rss_str(), b"</channel>", "".join(_beyond(head)), fragments)


def _beyond(head: Head) -> Iterator[str]:
    """Yield what feedgen does not write: the date, and the neighbours as RFC 5005, appendix B, has them for RSS.

    Of the links of a feed feedgen writes the one to itself alone.
    """
    yield f"<lastBuildDate>{_date(head.updated)}</lastBuildDate>"
    for link in head.links("rss")[1:]:
        yield f'<atom:link rel="{link.rel}"{attribute("type", link.media_type)} href={quoted(link.href)}/>'
    if head.is_archive:
        yield "<fh:archive/>"


def _item(item: Item) -> Iterator[str]:
    """Yield an item's elements in feedgen's order, which the tests hold it to.

    People stand in `dc:creator` alone, since RSS's own `author` must be an e-mail address. The summary is escaped once
    more than the title: readers take a description for HTML and a title for text.
    """
    yield f"<item><title>{plain(item.title)}</title><link>{escaped(item.permalink)}</link>"
    if item.summary:
        yield f"<description>{escaped(html.escape(item.summary, quote=False))}</description>"
    if item.content:
        tag = "content:encoded" if item.summary else "description"
        yield f"<{tag}>{escaped_content(item.content)}</{tag}>"
    yield f'<guid isPermaLink="false">{escaped(item.uid)}</guid>'
    for category in item.categories:
        domain = attribute("domain", category.scheme)
        yield f"<category{domain}>{plain(category.label or category.term)}</category>"
    for first in item.enclosures[:1]:  # one at most (RSS Board profile)
        yield f'<enclosure url={quoted(first.url)} length="{first.length or 0}" type={quoted(first.media_type)}/>'
    if item.published:
        yield f"<pubDate>{_date(item.published)}</pubDate>"
    for author in item.authors:
        yield f"<dc:creator>{plain(author.name)}</dc:creator>"
    for contributor in item.contributors:
        yield f"<dc:contributor>{plain(contributor.name)}</dc:contributor>"
    yield f"<atom:updated>{item.updated.isoformat()}</atom:updated>"
    if item.via:
        yield f'<atom:link rel="via" href={quoted(item.via)}/>'
    yield f"<media:thumbnail url={quoted(item.image)}/></item>" if item.image else "</item>"


def _date(at: datetime) -> str:
    """Return an instant in UTC as `email.utils.format_datetime` does, in an eighth of its time (RFC 5322 §3.3)."""
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} +0000"


# ---------------------------------------------------------------- read back


def parts(body: bytes) -> FeedParts | None:
    """Cut a document at its items."""
    return parts_between(body, b"<item>", b"</item>")


def links(body: bytes) -> Iterator[tuple[str, str]]:
    """Return the links of a document, without those of its items."""
    return links_before(body, b"<item>")


def listed(body: bytes) -> Listing:
    """Return what a document says, for people."""
    channel = parsed_xml(body).find("channel")
    if channel is None:
        return Listing()
    return Listing(title=text_of(channel, "title"), entries=tuple(map(_listed_item, channel.iter("item"))))


def _listed_item(each: Any) -> ListedEntry:  # noqa: ANN401 - an element
    date = text_of(each, "pubDate")
    when = parsedate_to_datetime(date).isoformat() if date else ""
    return ListedEntry(title=text_of(each, "title"), href=text_of(each, "link"), when=when)


FORMAT = FeedFormat(entry=entry, document=document, listed=listed, links=links, parts=parts)
