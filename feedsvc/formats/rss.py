"""RSS 2.0 with the elements of Atom, Dublin Core, content and Media RSS that readers know. Pure."""

from __future__ import annotations

import html
from functools import partial
from typing import TYPE_CHECKING

from feedsvc.formats import trees
from feedsvc.formats.trees import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedgen.entry import FeedEntry
    from feedgen.feed import FeedGenerator
    from lxml.etree import _Element as Element

    from feedsvc.formats.item import Head, Item

MEDIA_TYPE = "application/rss+xml"
NAMESPACES = {"media": trees.MEDIA, "dc": trees.DC, "atom": trees.ATOM, "content": trees.CONTENT}


def entry(item: Item) -> bytes:
    """Return one `item` element."""
    return trees.fragment(tree(item).rss_entry(), NAMESPACES)


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the feed with `fragments` (of `entry`) in their order."""
    return trees.join(shell(head).rss_str(), b"</channel></rss>", fragments)


def tree(item: Item) -> FeedEntry:
    """Return `item` as feedgen's entry.

    People stand in `dc:creator` alone, since RSS's own `author` must be an e-mail address. The summary is escaped once
    more than the title: readers take a description for HTML and a title for text.
    """
    made = trees.new_entry(partial(_finish_item, item=item))
    made.guid(item.uid, permalink=False)
    made.title(item.title)
    made.link(href=item.permalink, rel="alternate")
    if item.summary:
        made.summary(html.escape(item.summary, quote=False))
    if item.content:
        made.content(item.content, type="html")
    if item.published:
        made.published(item.published)
    if item.enclosures:  # one at most (RSS Board profile)
        first = item.enclosures[0]
        made.enclosure(first.url, length=first.length or 0, type=first.media_type)
    for category in item.categories:
        made.category(term=category.term, label=category.label, scheme=category.scheme)
    return made


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
    for link in head.links("rss", MEDIA_TYPE)[1:]:
        child(channel, f"{{{trees.ATOM}}}link", rel=link.rel, type=link.media_type, href=link.href)
    if head.is_archive:
        child(channel, f"{{{trees.ARCHIVING}}}archive")


def _finish_item(element: Element, item: Item) -> None:
    for author in item.authors:
        child(element, f"{{{trees.DC}}}creator", author.name)
    for contributor in item.contributors:
        child(element, f"{{{trees.DC}}}contributor", contributor.name)
    child(element, f"{{{trees.ATOM}}}updated", item.updated.isoformat())
    if item.via:
        child(element, f"{{{trees.ATOM}}}link", rel="via", href=item.via)
    if item.image:
        child(element, f"{{{trees.MEDIA}}}thumbnail", url=item.image)
