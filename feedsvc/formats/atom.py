"""Atom (RFC 4287): the canonical format. Pure."""

from __future__ import annotations

import html
from datetime import datetime
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
from feedsvc.model.catalog import ATOM_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedgen.feed import FeedGenerator
    from lxml.etree import _Element as Element

    from feedsvc.formats.frame import Envelope
    from feedsvc.formats.item import Head, Item, Origin
    from feedsvc.model import Enclosure, Person

NAMESPACES = {"media": feedgen_documents.MEDIA}


def entry(item: Item) -> bytes:
    """Return one `entry` element."""
    return "".join(_entry(item)).encode()


def frame(head: Head) -> Envelope:
    """Return what stands around the entries."""
    return WRITER.frame(head)


def shell(head: Head) -> FeedGenerator:
    """Return `head` as feedgen's feed without entries."""
    made = feedgen_documents.new_feed(partial(_finish_feed, head=head), _namespaces(head))
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


def _written(head: Head) -> bytes:
    made: bytes = shell(head).atom_str()
    return made


WRITER = Writer(write=_written, date=datetime.isoformat, close=b"</feed>")


def _namespaces(head: Head) -> dict[str, str]:
    """Return the prefixes of a document; those that few need are declared where they are used, since validators mind."""
    archiving = {"fh": feedgen_documents.ARCHIVING} if head.is_archive else {}
    return {**NAMESPACES, **archiving, **({"at": feedgen_documents.TOMBSTONES} if head.tombstones else {})}


def _finish_feed(element: Element, head: Head) -> None:
    if head.is_archive:
        child(element, f"{{{feedgen_documents.ARCHIVING}}}archive")
    for stone in head.tombstones:
        gone = child(
            element, f"{{{feedgen_documents.TOMBSTONES}}}deleted-entry", ref=stone.uid, when=stone.when.isoformat()
        )
        if stone.why:
            child(gone, f"{{{feedgen_documents.TOMBSTONES}}}comment", stone.why)


def _entry(item: Item) -> Iterator[str]:
    """Yield an entry's elements in feedgen's order, which the tests hold it to."""
    updated = item.updated.isoformat()
    yield f"<entry{attribute('xml:lang', item.language)}><id>{escaped(item.uid)}</id><title>{plain(item.title)}</title>"
    yield f"<updated>{updated}</updated>"
    for author in item.authors:
        yield f"<author>{_person(author)}</author>"
    if item.content:
        yield f'<content type="html">{escaped_content(item.content)}</content>'
    if item.summary:
        yield _summary(item.summary)
    for each in item.categories:
        yield f"<category{attribute('term', each.term)}{attribute('scheme', each.scheme)}{attribute('label', each.label)}/>"
    for contributor in item.contributors:
        yield f"<contributor>{_person(contributor)}</contributor>"
    if item.published:
        yield f"<published>{item.published.isoformat()}</published>"
    yield f'<link rel="alternate" type="text/html" href={quoted(item.permalink)}/>'
    if item.via:
        yield f'<link rel="via" href={quoted(item.via)}/>'
    yield from map(_enclosure, item.enclosures)
    if item.origin:
        yield _source(item.origin, updated)
    yield f"<media:thumbnail url={quoted(item.image)}/></entry>" if item.image else "</entry>"


def _summary(text: str) -> str:
    """Return the summary, as HTML where it could be taken for that."""
    if "<" in text or "&" in text:
        return f'<summary type="html">{escaped(html.escape(text, quote=False))}</summary>'
    return f'<summary type="text">{escaped(text)}</summary>'


def _enclosure(each: Enclosure) -> str:
    length = "" if each.length is None else f' length="{each.length}"'
    title = attribute("title", each.title)
    return f'<link rel="enclosure" type={quoted(each.media_type)} href={quoted(each.url)}{length}{title}/>'


def _source(origin: Origin, updated: str) -> str:
    """Return id, title and updated of the source (RFC 4287 §4.2.11); `updated` is the entry's, which the archive knows."""
    return (
        f"<source><id>{escaped(origin.id)}</id><title>{plain(origin.title)}</title><updated>{updated}</updated>"
        f'<link rel="self" type="{ATOM_TYPE}" href={quoted(f"{origin.feed}.atom")}/>'
        f'<link rel="alternate" href={quoted(origin.page)}/></source>'
    )


def _person(person: Person) -> str:
    uri = f"<uri>{escaped(person.uri)}</uri>" if person.uri else ""
    return f"<name>{plain(person.name)}</name>{uri}"


# ---------------------------------------------------------------- read back


def parts(body: bytes) -> FeedParts | None:
    """Cut a document at its entries."""
    return parts_between(body, b"<entry", b"</entry>")


def links(body: bytes) -> Iterator[tuple[str, str]]:
    """Return the links of a document, without those of its entries."""
    return links_before(body, b"<entry")


def listed(body: bytes) -> Listing:
    """Return what a document says, for people."""
    root = parsed_xml(body)
    return Listing(title=text_of(root, f"{_ATOM}title"), entries=tuple(map(_listed_entry, root.iter(f"{_ATOM}entry"))))


def _listed_entry(entry: Any) -> ListedEntry:  # noqa: ANN401 - an element
    pages = (link.get("href", "") for link in entry.iter(f"{_ATOM}link") if link.get("rel") in (None, "alternate"))
    return ListedEntry(
        title=text_of(entry, f"{_ATOM}title"), href=next(pages, ""), when=text_of(entry, f"{_ATOM}published")
    )


_ATOM = f"{{{feedgen_documents.ATOM}}}"

FORMAT = FeedFormat(entry=entry, frame=frame, listed=listed, links=links, parts=parts)
