"""Atom (RFC 4287): the canonical format. Pure."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

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
from feedsvc.model.catalog import ATOM_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from feedsvc.formats.item import Head, Item, Origin
    from feedsvc.model import Enclosure, Person


def entry(item: Item) -> bytes:
    """Return one `entry` element."""
    return "".join(_entry(item)).encode()


def document(head: Head, fragments: Iterable[bytes]) -> bytes:
    """Return the feed with `fragments` (of `entry`) in their order."""
    feed = envelope.new_feed(_namespaces(head))
    feed.id(head.id)
    feed.title(head.title)
    feed.updated(head.updated)
    for link in head.links("atom"):
        feed.link(href=link.href, rel=link.rel, type=link.media_type or None)
    feed.link(href=head.page, rel="alternate", type="text/html")
    feed.generator(head.generator, version=head.version)
    if head.language:
        feed.language(head.language)
    if head.description != head.title:
        feed.subtitle(head.description)
    return envelope.filled(feed.atom_str(), b"</feed>", "".join(_beyond(head)), fragments)


def _namespaces(head: Head) -> dict[str, str]:
    """Return the prefixes of a document; those that few need are declared where they are used, since validators mind."""
    archiving = {"fh": envelope.ARCHIVING} if head.is_archive else {}
    tombstones = {"at": envelope.TOMBSTONES} if head.tombstones else {}
    return {"media": envelope.MEDIA, **archiving, **tombstones}


def _beyond(head: Head) -> Iterator[str]:
    """Yield what feedgen does not know: the mark of a closed page (RFC 5005 §4), and what was withdrawn (RFC 6721)."""
    if head.is_archive:
        yield "<fh:archive/>"
    for stone in head.tombstones:
        gone = f"at:deleted-entry{attribute('ref', stone.uid)}{attribute('when', stone.when.isoformat())}"
        why = f"<at:comment>{escaped(stone.why)}</at:comment>"
        yield f"<{gone}>{why}</at:deleted-entry>" if stone.why else f"<{gone}/>"


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


_ATOM = f"{{{envelope.ATOM}}}"

FORMAT = FeedFormat(entry=entry, document=document, listed=listed, links=links, parts=parts)
