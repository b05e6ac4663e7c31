"""Whole documents as feedgen writes them from its own trees: what `feedsvc.formats` is held to, byte for byte.

What feedgen 1.0.0 spoils is put right in `finish`, a function that gets the finished element. Its Atom elements have no
namespace (it writes `xmlns` as a plain attribute): children of Atom elements are made by bare name, those of RSS items by
qualified name.
"""

from __future__ import annotations

import html
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feedsvc.formats.envelope import ARCHIVING, ATOM, CONTENT, DC, MEDIA, TOMBSTONES
from feedsvc.model.catalog import ATOM_TYPE, RSS_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lxml.etree import _Element as Element

    from feedsvc.formats.item import Head, Item, Origin
    from feedsvc.model import Person

XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
NAMESPACES: Mapping[str, Mapping[str, str]] = {
    "atom": {"media": MEDIA},
    "rss": {"media": MEDIA, "dc": DC, "atom": ATOM, "content": CONTENT},
}


class Mend:
    """A feedgen extension that hands the finished element to `finish`; one for both formats."""

    def __init__(self, finish: Callable[[Element], None], namespaces: Mapping[str, str]) -> None:
        self._finish = finish
        self._namespaces = namespaces

    def extend_ns(self) -> dict[str, str]:
        return dict(self._namespaces)

    def extend_atom(self, element: Element) -> Element:
        self._finish(element)
        return element

    def extend_rss(self, element: Element) -> Element:
        self._finish(element)
        return element


def child(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """Append an element; attributes that are empty are left out."""
    made = parent.makeelement(tag, {name: value for name, value in attributes.items() if value})
    made.text = text or None
    parent.append(made)
    return made


def entry(form: str, item: Item) -> bytes:
    """Return one entry by itself, as it stands inside a feed."""
    made = TREES[form](item)
    root = etree.Element("root", nsmap=dict(NAMESPACES[form]))
    root.append(made.atom_entry() if form == "atom" else made.rss_entry())
    whole: bytes = etree.tostring(root, encoding="UTF-8")
    return _numbered(whole[whole.index(b">") + 1 : whole.rindex(b"</")])


def whole(form: str, head: Head, items: Iterable[Item]) -> bytes:
    """Return a whole document, entries and all."""
    feed = SHELLS[form](head)
    for item in items:
        feed.add_entry(TREES[form](item), order="append")
    written: bytes = getattr(feed, f"{form}_str")()
    shell, opening, entries = written.partition(b"<entry" if form == "atom" else b"<item>")
    return shell.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;") + opening + _numbered(entries)


def atom_shell(head: Head) -> FeedGenerator:
    """Return `head` as feedgen's feed without entries."""
    made = FeedGenerator()
    archiving = {"fh": ARCHIVING} if head.is_archive else {}
    namespaces = {**NAMESPACES["atom"], **archiving, **({"at": TOMBSTONES} if head.tombstones else {})}
    made.register_extension("feedsvc", lambda: Mend(partial(_finish_feed, head=head), namespaces))
    made.id(head.id)
    made.title(head.title)
    made.updated(head.updated)
    for link in head.links("atom"):
        made.link(href=link.href, rel=link.rel, type=link.media_type or None)
    made.link(href=head.page, rel="alternate", type="text/html")
    made.generator(head.generator, version=head.version)
    made.language(head.language or None)
    made.subtitle(head.description if head.description != head.title else None)
    return made


def _finish_feed(element: Element, head: Head) -> None:
    if head.is_archive:
        child(element, f"{{{ARCHIVING}}}archive")
    for stone in head.tombstones:
        gone = child(element, f"{{{TOMBSTONES}}}deleted-entry", ref=stone.uid, when=stone.when.isoformat())
        if stone.why:
            child(gone, f"{{{TOMBSTONES}}}comment", stone.why)


def rss_shell(head: Head) -> FeedGenerator:
    """Return `head` as feedgen's feed without items."""
    made = FeedGenerator()
    namespaces = {**NAMESPACES["rss"], **({"fh": ARCHIVING} if head.is_archive else {})}
    made.register_extension("feedsvc", lambda: Mend(partial(_finish_channel, head=head), namespaces))
    made.title(head.title)
    made.subtitle(head.description)
    made.updated(head.updated)
    made.link(href=head.location("rss"), rel="self", type=RSS_TYPE)
    made.link(href=head.page, rel="alternate")
    made.generator(f"{head.generator} {head.version}".strip())
    made.language(head.language or None)
    return made


def _finish_channel(root: Element, head: Head) -> None:
    """Link the neighbours, and write the date as the standard library does: feedgen forgets how short a year can be."""
    channel = root[0]
    for date in channel.iter("lastBuildDate"):
        date.text = format_datetime(head.updated)
    for link in head.links("rss")[1:]:
        child(channel, f"{{{ATOM}}}link", rel=link.rel, type=link.media_type, href=link.href)
    if head.is_archive:
        child(channel, f"{{{ARCHIVING}}}archive")


def _plain(text: str) -> str:
    """Return plain text with marks, which the gate lets nobody else use, for what is written as a number."""
    return text.replace("&", "\ufdd0").replace("<", "\ufdd1")


def _numbered(written: bytes) -> bytes:
    """Return what lxml wrote with numbers for the marks: it knows but one way to escape."""
    return written.replace("\ufdd0".encode(), b"&#x26;").replace("\ufdd1".encode(), b"&#x3C;")


def new_entry(finish: Callable[[Element], None]) -> FeedEntry:
    """Return an empty entry of feedgen that `finish` will mend."""
    made = FeedEntry()
    made.register_extension("feedsvc", lambda: Mend(finish, {}))
    return made


def atom_tree(item: Item) -> FeedEntry:
    """Return `item` as feedgen's entry."""
    made = new_entry(partial(_finish_entry, item=item))
    made.id(item.uid)
    made.title(_plain(item.title))
    made.updated(item.updated)
    if item.published:
        made.published(item.published)
    made.link(href=item.permalink, rel="alternate")
    if item.summary:
        markup = {"<", "&"} & set(item.summary)
        made.summary(
            html.escape(item.summary, quote=False) if markup else item.summary, type="html" if markup else "text"
        )
    if item.content:
        made.content(item.content, type="html")
    made.author(_people(item.authors))
    made.contributor(_people(item.contributors))
    for category in item.categories:
        made.category(term=category.term, label=category.label, scheme=category.scheme)
    return made


def rss_tree(item: Item) -> FeedEntry:
    """Return `item` as feedgen's entry.

    People stand in `dc:creator` alone, since RSS's own `author` must be an e-mail address. The summary is escaped once
    more than the title: readers take a description for HTML and a title for text.
    """
    made = new_entry(partial(_finish_item, item=item))
    made.guid(item.uid, permalink=False)
    made.title(_plain(item.title))
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
        made.category(term=_plain(category.term), label=_plain(category.label), scheme=category.scheme)
    return made


def _finish_entry(element: Element, item: Item) -> None:
    if item.language:
        element.set(XML_LANG, item.language)
    for spoiled in element.findall("link"):  # feedgen #135: rel, type and length are lost
        element.remove(spoiled)
    for link in _links(item):
        child(element, "link", **link)
    if item.origin:
        _source(element, item.origin, item)
    if item.image:
        child(element, f"{{{MEDIA}}}thumbnail", url=item.image)


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
    child(source, "title", _plain(origin.title))
    child(source, "updated", item.updated.isoformat())
    child(source, "link", rel="self", type=ATOM_TYPE, href=f"{origin.feed}.atom")
    child(source, "link", rel="alternate", href=origin.page)


def _people(people: Iterable[Person]) -> list[dict[str, str]]:
    return [{"name": _plain(person.name), "uri": person.uri} for person in people]


def _finish_item(element: Element, item: Item) -> None:
    for date in element.iter("pubDate"):
        date.text = format_datetime(item.published) if item.published else None
    for author in item.authors:
        child(element, f"{{{DC}}}creator", _plain(author.name))
    for contributor in item.contributors:
        child(element, f"{{{DC}}}contributor", _plain(contributor.name))
    child(element, f"{{{ATOM}}}updated", item.updated.isoformat())
    if item.via:
        child(element, f"{{{ATOM}}}link", rel="via", href=item.via)
    if item.image:
        child(element, f"{{{MEDIA}}}thumbnail", url=item.image)


SHELLS: Mapping[str, Callable[[Head], FeedGenerator]] = {"atom": atom_shell, "rss": rss_shell}
TREES = {"atom": atom_tree, "rss": rss_tree}
