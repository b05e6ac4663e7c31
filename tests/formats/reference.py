"""Entries as feedgen writes them, mended: what `feedsvc.formats` is held to, byte for byte."""

from __future__ import annotations

import html
from functools import partial
from typing import TYPE_CHECKING, Any

from lxml import etree

from feedsvc.formats import atom, feedgen_documents, rss
from feedsvc.formats.feedgen_documents import Mend, child
from feedsvc.model.catalog import ATOM_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from feedgen.entry import FeedEntry
    from lxml.etree import _Element as Element

    from feedsvc.formats.item import Head, Item, Origin
    from feedsvc.model import Person


def entry(form: str, item: Item) -> bytes:
    """Return one entry by itself, as it stands inside a feed."""
    module: Any = {"atom": atom, "rss": rss}[form]
    made = TREES[form](item)
    root = etree.Element("root", nsmap=dict(module.NAMESPACES))
    root.append(made.atom_entry() if form == "atom" else made.rss_entry())
    whole: bytes = etree.tostring(root, encoding="UTF-8")
    return _numbered(whole[whole.index(b">") + 1 : whole.rindex(b"</")])


def whole(form: str, head: Head, items: Iterable[Item]) -> bytes:
    """Return a whole document, entries and all."""
    module: Any = {"atom": atom, "rss": rss}[form]
    feed = module.shell(head)
    for item in items:
        feed.add_entry(TREES[form](item), order="append")
    written: bytes = getattr(feed, f"{form}_str")()
    shell, opening, entries = written.partition(b"<entry" if form == "atom" else b"<item>")
    return shell.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;") + opening + _numbered(entries)


def _plain(text: str) -> str:
    """Return plain text with marks, which the gate lets nobody else use, for what is written as a number."""
    return text.replace("&", "\ufdd0").replace("<", "\ufdd1")


def _numbered(written: bytes) -> bytes:
    """Return what lxml wrote with numbers for the marks: it knows but one way to escape."""
    return written.replace("\ufdd0".encode(), b"&#x26;").replace("\ufdd1".encode(), b"&#x3C;")


def new_entry(finish: Callable[[Element], None]) -> FeedEntry:
    """Return an empty entry of feedgen that `finish` will mend."""
    made = feedgen_documents._library().entry.FeedEntry()
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
        element.set(feedgen_documents.XML_LANG, item.language)
    for spoiled in element.findall("link"):  # feedgen #135: rel, type and length are lost
        element.remove(spoiled)
    for link in _links(item):
        child(element, "link", **link)
    if item.origin:
        _source(element, item.origin, item)
    if item.image:
        child(element, f"{{{feedgen_documents.MEDIA}}}thumbnail", url=item.image)


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
    for author in item.authors:
        child(element, f"{{{feedgen_documents.DC}}}creator", _plain(author.name))
    for contributor in item.contributors:
        child(element, f"{{{feedgen_documents.DC}}}contributor", _plain(contributor.name))
    child(element, f"{{{feedgen_documents.ATOM}}}updated", item.updated.isoformat())
    if item.via:
        child(element, f"{{{feedgen_documents.ATOM}}}link", rel="via", href=item.via)
    if item.image:
        child(element, f"{{{feedgen_documents.MEDIA}}}thumbnail", url=item.image)


TREES = {"atom": atom_tree, "rss": rss_tree}
