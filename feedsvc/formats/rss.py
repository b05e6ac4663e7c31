"""RSS 2.0 with the elements of Atom, Dublin Core, content and Media RSS that readers know. Pure."""

from __future__ import annotations

import html
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING

from feedsvc.formats import trees
from feedsvc.formats.elements import attribute, element, empty, plain
from feedsvc.formats.item import MEDIA_TYPES
from feedsvc.formats.trees import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedgen.feed import FeedGenerator
    from lxml.etree import _Element as Element

    from feedsvc.formats.frame import Frame
    from feedsvc.formats.item import Head, Item

MEDIA_TYPE = MEDIA_TYPES["rss"]
NAMESPACES = {"media": trees.MEDIA, "dc": trees.DC, "atom": trees.ATOM, "content": trees.CONTENT}


def entry(item: Item) -> bytes:
    """Return one `item` element."""
    return "".join(_item(item)).encode()


def frame(head: Head) -> Frame:
    """Return what stands around the items."""
    return trees.opened(shell(head).rss_str(), b"</channel></rss>")


def shell(head: Head) -> FeedGenerator:
    """Return `head` as feedgen's feed without items."""
    archiving = {"fh": trees.ARCHIVING} if head.is_archive else {}
    made = trees.new_feed(partial(_finish_channel, head=head), {**NAMESPACES, **archiving})
    made.title(head.title)
    made.subtitle(head.description)
    made.updated(head.updated.replace(microsecond=0))
    made.link(href=head.location("rss"), rel="self", type=MEDIA_TYPE)
    made.link(href=head.page, rel="alternate")  # the last link is the channel's
    made.generator(f"{head.generator} {head.version}".strip())
    if head.language:
        made.language(head.language)
    return made


def _finish_channel(rss: Element, head: Head) -> None:
    """Link the neighbours as RFC 5005, appendix B, has it for RSS; feedgen itself writes `self` alone."""
    channel = rss[0]
    for link in head.links("rss")[1:]:
        child(channel, f"{{{trees.ATOM}}}link", rel=link.rel, type=link.media_type, href=link.href)
    if head.is_archive:
        child(channel, f"{{{trees.ARCHIVING}}}archive")


def _item(item: Item) -> Iterator[str]:
    """Yield an item's elements in feedgen's order, which the tests hold it to.

    People stand in `dc:creator` alone, since RSS's own `author` must be an e-mail address. The summary is escaped once
    more than the title: readers take a description for HTML and a title for text.
    """
    yield f"<item>{plain('title', item.title)}{element('link', item.permalink)}"
    if item.summary:
        yield element("description", html.escape(item.summary, quote=False))
    if item.content:
        yield element("content:encoded" if item.summary else "description", item.content)
    yield element("guid", item.uid, ' isPermaLink="false"')
    for category in item.categories:
        domain = attribute("domain", category.scheme) if category.scheme else ""
        yield plain("category", category.label or category.term, domain)
    for first in item.enclosures[:1]:  # one at most (RSS Board profile)
        yield empty("enclosure", url=first.url, length=str(first.length or 0), type=first.media_type)
    if item.published:
        yield element("pubDate", format_datetime(item.published))
    yield from (plain("dc:creator", author.name) for author in item.authors)
    yield from (plain("dc:contributor", contributor.name) for contributor in item.contributors)
    yield element("atom:updated", item.updated.isoformat())
    if item.via:
        yield empty("atom:link", rel="via", href=item.via)
    if item.image:
        yield empty("media:thumbnail", url=item.image)
    yield "</item>"
