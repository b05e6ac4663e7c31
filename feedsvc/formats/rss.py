"""RSS 2.0 with the elements of Atom, Dublin Core, content and Media RSS that readers know. Pure."""

from __future__ import annotations

import html
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from feedsvc.formats import feedgen_documents
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
from feedsvc.formats.feedgen_documents import child
from feedsvc.formats.shells import Writer
from feedsvc.formats.xml_text import attribute, escaped, escaped_content, plain, quoted
from feedsvc.model.catalog import RSS_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from feedgen.feed import FeedGenerator
    from lxml.etree import _Element as Element

    from feedsvc.formats.frame import Envelope
    from feedsvc.formats.item import Head, Item

NAMESPACES = {
    "media": feedgen_documents.MEDIA,
    "dc": feedgen_documents.DC,
    "atom": feedgen_documents.ATOM,
    "content": feedgen_documents.CONTENT,
}


def entry(item: Item) -> bytes:
    """Return one `item` element."""
    return "".join(_item(item)).encode()


def frame(head: Head) -> Envelope:
    """Return what stands around the items."""
    return WRITER.frame(head)


def shell(head: Head) -> FeedGenerator:
    """Return `head` as feedgen's feed without items."""
    archiving = {"fh": feedgen_documents.ARCHIVING} if head.is_archive else {}
    made = feedgen_documents.new_feed(partial(_finish_channel, head=head), {**NAMESPACES, **archiving})
    made.title(head.title)
    made.subtitle(head.description)
    made.updated(head.updated.replace(microsecond=0))
    made.link(href=head.location("rss"), rel="self", type=RSS_TYPE)
    made.link(href=head.page, rel="alternate")  # the last link is the channel's
    made.generator(f"{head.generator} {head.version}".strip())
    if head.language:
        made.language(head.language)
    return made


def _finish_channel(rss: Element, head: Head) -> None:
    """Link the neighbours as RFC 5005, appendix B, has it for RSS; feedgen itself writes `self` alone."""
    channel = rss[0]
    for link in head.links("rss")[1:]:
        child(channel, f"{{{feedgen_documents.ATOM}}}link", rel=link.rel, type=link.media_type, href=link.href)
    if head.is_archive:
        child(channel, f"{{{feedgen_documents.ARCHIVING}}}archive")


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


def _written(head: Head) -> bytes:
    made: bytes = shell(head).rss_str()
    return made


WRITER = Writer(write=_written, date=_date, close=b"</channel></rss>")

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


FORMAT = FeedFormat(entry=entry, frame=frame, listed=listed, links=links, parts=parts)
