"""Atom (RFC 4287): the canonical format. Pure."""

from __future__ import annotations

import html
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
    from feedsvc.formats.item import Head, Item, Origin
    from feedsvc.model import Person

MEDIA_TYPE = MEDIA_TYPES["atom"]
NAMESPACES = {"media": trees.MEDIA}


def entry(item: Item) -> bytes:
    """Return one `entry` element."""
    return "".join(_entry(item)).encode()


def frame(head: Head) -> Frame:
    """Return what stands around the entries."""
    return trees.opened(shell(head).atom_str(), b"</feed>")


def shell(head: Head) -> FeedGenerator:
    """Return `head` as feedgen's feed without entries."""
    made = trees.new_feed(partial(_finish_feed, head=head), _namespaces(head))
    made.id(head.id)
    made.title(head.title)
    made.updated(head.updated)
    for link in head.links("atom"):
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


def _entry(item: Item) -> Iterator[str]:
    """Yield an entry's elements in feedgen's order, which the tests hold it to."""
    yield f"<entry{attribute('xml:lang', item.language) if item.language else ''}>"
    yield element("id", item.uid)
    yield plain("title", item.title)
    yield element("updated", item.updated.isoformat())
    yield from (_person("author", person) for person in item.authors)
    if item.content:
        yield element("content", item.content, ' type="html"')
    if item.summary:
        yield _summary(item.summary)
    for category in item.categories:
        yield empty("category", term=category.term, scheme=category.scheme, label=category.label)
    yield from (_person("contributor", person) for person in item.contributors)
    if item.published:
        yield element("published", item.published.isoformat())
    yield from _links(item)
    if item.origin:
        yield from _source(item.origin, item)
    if item.image:
        yield empty("media:thumbnail", url=item.image)
    yield "</entry>"


def _summary(text: str) -> str:
    """Return the summary, as HTML where it could be taken for that."""
    if "<" in text or "&" in text:
        return element("summary", html.escape(text, quote=False), ' type="html"')
    return element("summary", text, ' type="text"')


def _links(item: Item) -> Iterator[str]:
    yield empty("link", rel="alternate", type="text/html", href=item.permalink)
    if item.via:
        yield empty("link", rel="via", href=item.via)
    for each in item.enclosures:
        length = "" if each.length is None else str(each.length)
        yield empty("link", rel="enclosure", type=each.media_type, href=each.url, length=length, title=each.title)


def _source(origin: Origin, item: Item) -> Iterator[str]:
    """Yield id, title and updated of the source (RFC 4287 §4.2.11); `updated` is the entry's, which the archive knows."""
    yield f"<source>{element('id', origin.id)}{plain('title', origin.title)}"
    yield element("updated", item.updated.isoformat())
    yield empty("link", rel="self", type=MEDIA_TYPE, href=f"{origin.feed}.atom")
    yield f"{empty('link', rel='alternate', href=origin.page)}</source>"


def _person(tag: str, person: Person) -> str:
    uri = element("uri", person.uri) if person.uri else ""
    return f"<{tag}>{plain('name', person.name)}{uri}</{tag}>"
