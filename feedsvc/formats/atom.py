"""Atom (RFC 4287): the canonical format. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from feedsvc.formats import trees
from feedsvc.formats.trees import child

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from feedgen.entry import FeedEntry
    from feedgen.feed import FeedGenerator
    from lxml.etree import _Element as Element

    from feedsvc.formats.item import Head, Item, Origin
    from feedsvc.model import Person

MEDIA_TYPE = "application/atom+xml"
NAMESPACES = {"media": trees.MEDIA}


def entry(item: Item) -> bytes:
    """Return one `entry` element."""
    return trees.fragment(tree(item).atom_entry(), NAMESPACES)


def document(head: Head, fragments: Sequence[bytes]) -> bytes:
    """Return the feed with `fragments` (of `entry`) in their order."""
    return trees.join(shell(head).atom_str(), b"</feed>", fragments)


def tree(item: Item) -> FeedEntry:
    """Return `item` as feedgen's entry."""
    made = trees.new_entry(partial(_finish_entry, item=item))
    made.id(item.uid)
    made.title(item.title)
    made.updated(item.updated)
    if item.published:
        made.published(item.published)
    made.link(href=item.permalink, rel="alternate")
    if item.summary:
        made.summary(item.summary, type="text")
    if item.content:
        made.content(item.content, type="html")
    made.author(_people(item.authors))
    made.contributor(_people(item.contributors))
    for category in item.categories:
        made.category(term=category.term, label=category.label, scheme=category.scheme)
    return made


def shell(head: Head) -> FeedGenerator:
    """Return `head` as feedgen's feed without entries."""
    made = trees.new_feed(partial(_finish_feed, head=head), _namespaces(head))
    made.id(head.id)
    made.title(head.title)
    made.updated(head.updated)
    for link in head.links("atom", MEDIA_TYPE):
        made.link(href=link.href, rel=link.rel, type=link.media_type or None)
    made.link(href=head.page, rel="alternate", type="text/html")
    made.generator(head.generator, version=head.version)
    if head.language:
        made.language(head.language)
    if head.description != head.title:
        made.subtitle(head.description)
    return made


def _namespaces(head: Head) -> dict[str, str]:
    """Return the prefixes of a document; those that few need are declared where they are used, since validators mind."""
    archiving = {"fh": trees.ARCHIVING} if head.is_archive else {}
    return {**NAMESPACES, **archiving, **({"at": trees.TOMBSTONES} if head.tombstones else {})}


def _finish_feed(element: Element, head: Head) -> None:
    if head.is_archive:
        child(element, f"{{{trees.ARCHIVING}}}archive")
    for stone in head.tombstones:
        gone = child(element, f"{{{trees.TOMBSTONES}}}deleted-entry", ref=stone.uid, when=stone.when.isoformat())
        if stone.why:
            child(gone, f"{{{trees.TOMBSTONES}}}comment", stone.why)


def _finish_entry(element: Element, item: Item) -> None:
    if item.language:
        element.set(trees.XML_LANG, item.language)
    for spoiled in element.findall("link"):  # feedgen #135: rel, type and length are lost
        element.remove(spoiled)
    for link in _links(item):
        child(element, "link", **link)
    if item.origin:
        _source(element, item.origin, item)
    if item.image:
        child(element, f"{{{trees.MEDIA}}}thumbnail", url=item.image)


def _links(item: Item) -> Iterator[dict[str, str]]:
    yield {"rel": "alternate", "type": "text/html", "href": item.permalink}
    if item.via:
        yield {"rel": "via", "href": item.via}
    for enclosure in item.enclosures:
        length = "" if enclosure.length is None else str(enclosure.length)
        yield {
            "rel": "enclosure",
            "type": enclosure.media_type,
            "href": enclosure.url,
            "length": length,
            "title": enclosure.title,
        }


def _source(element: Element, origin: Origin, item: Item) -> None:
    """Write id, title and updated of the source (RFC 4287 §4.2.11); `updated` is the entry's, which the archive knows."""
    source = child(element, "source")
    child(source, "id", origin.id)
    child(source, "title", origin.title)
    child(source, "updated", item.updated.isoformat())
    child(source, "link", rel="self", type=MEDIA_TYPE, href=f"{origin.feed}.atom")
    child(source, "link", rel="alternate", href=origin.page)


def _people(people: Iterable[Person]) -> list[dict[str, str]]:
    return [{"name": person.name, "uri": person.uri} for person in people]
