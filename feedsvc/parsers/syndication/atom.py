"""Atom 1.0 (RFC 4287) and 0.3, well-formed -> items; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.model import Enclosure, FeedHead, Person
from feedsvc.parsers.people import distinct, person
from feedsvc.parsers.syndication.figures import announced
from feedsvc.parsers.syndication.items import FeedItem, distinct_enclosures, is_topic
from feedsvc.parsers.syndication.result import FeedContents
from feedsvc.parsers.syndication.rss import (
    alternate,
    atom_person,
    enclosure,
    image_of,
    linked,
    media_of,
    media_words,
    played,
)
from feedsvc.parsers.syndication.xml_elements import (
    Children,
    Element,
    atom_text,
    attribute,
    bases_of,
    children_of,
    each,
    first_text,
    language_of,
    last_text,
    markup_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.model import Figure


def read(root: Element) -> FeedContents:
    """Read the feed under `root`, an `atom:feed` element. Its entries inherit its authors (section 4.2.1)."""
    children = children_of(root)
    head = FeedHead(
        title=next((atom_text(e)[0] for e in each(children, "atom:title")), ""),
        link=alternate(children),
        language=language_of(root),
        hub=linked(children, "hub"),
        next_page=linked(children, "prev-archive") or linked(children, "next"),
    )
    authors = tuple(atom_person(e, "author") for e in each(children, "atom:author"))
    found = each(children, "atom:entry", "atom:item")
    return FeedContents(
        form="atom", head=head, items=(_entry(e, authors) for e in found), total=len(found), bases=bases_of(root)
    )


def _entry(element: Element, inherited: tuple[Person | None, ...]) -> FeedItem:
    children = children_of(element)
    media = media_of(children)
    enclosures = _enclosures(children, media)
    figures = announced(children, enclosures)
    said = next(iter(each(children, "atom:content", "atom:summary")), element)  # `xml:lang` and `xml:base` are its own
    content, is_markup = _content(children)
    return FeedItem(
        native_id=first_text(children, "atom:id"),
        id_is_link=True,
        link=alternate(children, language_of(element)),
        original_link=first_text(children, "feedburner:origLink"),
        title=next((atom_text(e)[0] for e in each(children, "atom:title")), "")
        or first_text(children, "dc:title")
        or media_words(children, figures, "title"),
        published=last_text(children, "atom:published", "atom:issued", "atom:created", "dc:date"),
        updated=last_text(children, "atom:updated", "atom:modified"),
        content=content,
        content_is_markup=is_markup,
        summary=_summary(children, figures),
        people=_people(children, inherited),
        categories=tuple(_categories(children)),
        image=image_of(figures, media, children),
        enclosures=enclosures,
        figures=figures,
        language=language_of(said),
        bases=bases_of(element),
        text_bases=bases_of(said),
    )


def _content(children: Children) -> tuple[str, bool | None]:
    """Return the content, unless it stands elsewhere (`src`) or is no text."""
    here = [atom_text(e) for e in each(children, "atom:content") if not attribute(e, "src")]
    found = max(here, key=lambda c: len(c[0]), default=("", False))
    if found[0]:
        return found
    return next(filter(None, map(markup_of, each(children, "content:encoded"))), ""), None


def _summary(children: Children, figures: tuple[Figure, ...]) -> str:
    atoms = (atom_text(e)[0] for e in each(children, "atom:summary"))
    return next(filter(None, atoms), "") or media_words(children, figures, "description")


def _people(children: Children, inherited: tuple[Person | None, ...]) -> tuple[Person, ...]:
    named = [atom_person(e, "author") for e in each(children, "atom:author")]
    named = named if any(named) else [person(text_of(e)) for e in each(children, "dc:creator")]
    sources = (children_of(source) for source in each(children, "atom:source"))  # an entry of a planet
    named = named if any(named) else [atom_person(e, "author") for s in sources for e in each(s, "atom:author")]
    named = named if any(named) else list(inherited)
    return distinct(named + [atom_person(e, "contributor") for e in each(children, "atom:contributor")])


def _categories(children: Children) -> Iterator[str]:
    for element in each(children, "atom:category"):
        if is_topic(attribute(element, "scheme")):
            yield attribute(element, "label") or attribute(element, "term") or text_of(element)
    yield from map(text_of, each(children, "dc:subject", "media:category"))


def _enclosures(children: Children, media: Children) -> tuple[Enclosure, ...]:
    links = (e for e in each(children, "atom:link") if attribute(e, "rel") == "enclosure")
    return distinct_enclosures(
        [*(enclosure(e, "href", "length") for e in links), *(enclosure(e, "url", "fileSize") for e in played(media))]
    )
