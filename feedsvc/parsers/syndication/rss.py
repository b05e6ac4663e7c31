"""RSS 0.9x to 2.0 and RSS 1.0, well-formed, with the modules in use -> items; pure.

For each thing an item may say, the elements that say it stand in order of trust, best first.
To add a module: its namespace in `elements`, its element in the field that it is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from feedsvc.model import Enclosure, FeedHead, Person
from feedsvc.parsers.frontmatter.fields import length
from feedsvc.parsers.people import distinct, person
from feedsvc.parsers.syndication.figures import announced, is_picture, largest_form, words_of
from feedsvc.parsers.syndication.items import FeedItem, distinct_enclosures, is_topic, seconds_of
from feedsvc.parsers.syndication.result import FeedContents
from feedsvc.parsers.syndication.xml_elements import (
    Children,
    Element,
    about,
    atom_text,
    attribute,
    bases_of,
    children_of,
    each,
    first_text,
    language_of,
    last_text,
    markup_of,
    name_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.model import Figure

_HOURS = 24
_ALTERNATE = ("", "alternate", "http://www.iana.org/assignments/relation/alternate")  # RFC 4287, section 4.2.7.2
# Of nobody's namespace, and of search engines.
_CONTENTS = ("content", "content_encoded", "yandex:full-text", "turbo:content", "fulltext")
_PAGES = ("text/html", "application/xhtml+xml")
_RELATIVE = re.compile(r"[^\s:]*/[^\s:]*")


def read(root: Element) -> FeedContents | None:
    """Read the feed under `root`, an `rss` or `rdf:RDF` element; None when it has no channel."""
    channel = next((c for c in root if name_of(c.tag) == "channel"), None)
    if channel is None:
        return None
    # wherever an item stands, in another one too, it is not lost
    found = [item for item in root.iter("{*}item") if name_of(item.tag) == "item"]
    return FeedContents(
        form="rss",
        head=_head(children_of(channel), channel),
        items=map(_item, found),
        total=len(found),
        bases=bases_of(channel),
    )


def _head(children: Children, channel: Element) -> FeedHead:
    return FeedHead(
        title=first_text(children, "title", "dc:title"),
        link=first_text(children, "link") or alternate(children),
        language=first_text(children, "language", "dc:language") or language_of(channel),
        ttl=seconds_of(*(first_text(children, name) for name in ("ttl", "sy:updatePeriod", "sy:updateFrequency"))),
        hub=linked(children, "hub"),
        next_page=linked(children, "prev-archive") or linked(children, "next"),
        skip_hours=tuple(dict.fromkeys(_skip_hours(children))),
    )


def _skip_hours(children: Children) -> Iterator[int]:
    for hours in each(children, "skipHours"):
        for hour in each(children_of(hours), "hour"):
            number = length(text_of(hour))
            if number is not None and number <= _HOURS:
                yield number % _HOURS  # 24 is midnight in RSS 0.91


def linked(children: Children, rel: str) -> str:
    """Return the first link of a relation."""
    return next(filter(None, (_target(e) for e in _links(children) if attribute(e, "rel") == rel)), "")


def alternate(children: Children, language: str = "") -> str:
    """Return the best link to the page itself (RFC 4287, section 4.2.7): of the web, a page for people, in `language`.

    Among equals the first one wins. "" = there is none.
    """
    found = [e for e in _links(children) if attribute(e, "rel") in _ALTERNATE and _target(e)]
    return _target(min(found, key=lambda e: _worth(e, language))) if found else ""


def _worth(element: Element, language: str) -> tuple[bool, bool, bool]:
    """Return what counts against a link, the worst first."""
    scheme, colon, _ = _target(element).partition(":")
    elsewhere = bool(colon) and "/" not in scheme and scheme.lower() not in ("http", "https")
    kind, spoken = attribute(element, "type").lower(), attribute(element, "hreflang").lower()
    foreign = bool(spoken and language) and _primary(spoken) != _primary(language)
    return elsewhere, bool(kind) and kind.partition(";")[0].strip() not in _PAGES, foreign


def _primary(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


def _links(children: Children) -> Iterator[Element]:
    """Yield Atom's links; in RSS they often stand without their namespace."""
    yield from each(children, "atom:link", "link")


def _target(element: Element) -> str:
    return attribute(element, "href") or text_of(element)


def _item(element: Element) -> FeedItem:
    children = children_of(element)
    media = media_of(children)
    enclosures = _enclosures(children, media)
    figures = announced(children, enclosures)
    guid = next((e for e in each(children, "guid") if text_of(e)), None)
    content, is_markup = _content(children)
    published, updated = _dates(children)
    return FeedItem(
        native_id=_native_id(element, children, guid),
        id_is_link=guid is not None and attribute(guid, "isPermaLink").lower() != "false",
        link=last_text(children, "link") or alternate(children, language_of(element)) or _permalink(guid),
        original_link=first_text(children, "feedburner:origLink"),
        title=_title(children, figures),
        published=published,
        updated=updated,
        content=content,
        content_is_markup=is_markup,
        summary=_summary(children, figures),
        people=_people(children),
        categories=tuple(_categories(children)),
        image=image_of(figures, media, children),
        enclosures=enclosures,
        figures=figures,
        language=language_of(element),
        bases=bases_of(element),
    )


def _permalink(guid: Element | None) -> str:
    """Return a relative address that stands as the guid, and is a permalink unless it says otherwise (RSS 2.0, `<guid>`).

    What has no "/" is a name: "12345".
    """
    if guid is None or attribute(guid, "isPermaLink").lower() not in ("", "true"):
        return ""
    text = text_of(guid)
    if not _RELATIVE.fullmatch(text):
        return ""
    return f"//{text}" if text.lower().startswith("www.") else text


def _dates(children: Children) -> tuple[str, str]:
    """Return when it was published and changed; a `dc:date` alone is the first."""
    published = last_text(children, "pubDate", "pubdate", "atom:published", "published", "dc:issued", "dc:created")
    published = published or first_text(children, "prism:publicationDate")
    changed = last_text(children, "atom:updated", "updated", "dc:modified", "dc:date")
    return (published, changed) if published else (changed, "")


def _native_id(element: Element, children: Children, guid: Element | None) -> str:
    if guid is not None:
        return text_of(guid)
    return first_text(children, "atom:id", "id") or about(element) or first_text(children, "dc:identifier")


def _title(children: Children, figures: tuple[Figure, ...]) -> str:
    for element in each(children, "title", "dc:title"):
        found = markup_of(element)
        if found:
            return found
    atoms = (atom_text(e)[0] for e in each(children, "atom:title"))
    return (
        next(filter(None, atoms), "") or first_text(children, "itunes:title") or media_words(children, figures, "title")
    )


def _content(children: Children) -> tuple[str, bool | None]:
    written = [markup_of(e) for e in each(children, "content:encoded", "xhtml:body", "xhtml:div", "fullitem", "body")]
    if any(written):
        return next(filter(None, written)), None
    atoms = next(filter(lambda found: found[0], (atom_text(e) for e in each(children, "atom:content"))), None)
    return atoms or (next(filter(None, map(markup_of, each(children, *_CONTENTS))), ""), None)


def _summary(children: Children, figures: tuple[Figure, ...]) -> str:
    for element in each(
        children, "description", "summary", "dc:description", "itunes:summary", "googleplay:description"
    ):
        found = markup_of(element)
        if found:
            return found
    atoms = (atom_text(e)[0] for e in each(children, "atom:summary"))
    return next(filter(None, atoms), "") or media_words(children, figures, "description")


def _people(children: Children) -> tuple[Person, ...]:
    """Return who wrote it: `author`, `dc:creator` and `atom:author`; `itunes:author` only where there is no other."""
    named = [person(text) for text in map(_author, each(children, "author", "dc:creator", "dc:author")) if text]
    named += [atom_person(e, "author") for e in each(children, "atom:author")]
    named = named if any(named) else [person(text_of(e)) for e in each(children, "itunes:author")]
    helpers = [person(text_of(e), role="contributor") for e in each(children, "dc:contributor")]
    return distinct([*named, *helpers, *(atom_person(e, "contributor") for e in each(children, "atom:contributor"))])


def _author(element: Element) -> str:
    """Return the text of an author, or the name inside it where somebody wrote Atom in RSS."""
    inside = (text_of(child) for child in element if child.tag.rpartition("}")[2] == "name")
    return next(inside, "") or text_of(element)


def atom_person(element: Element, role: str) -> Person | None:
    """Return a Person construct (RFC 4287, section 3.2)."""
    children = children_of(element)
    mail = first_text(children, "atom:email")
    uri = first_text(children, "atom:uri", "atom:url")
    return person(first_text(children, "atom:name") or text_of(element) or mail, role=role, email=mail, uri=uri)


def _categories(children: Children) -> Iterator[str]:
    grouped = (e for group in each(children, "categories") for e in each(children_of(group), "category"))
    yield from map(text_of, (*each(children, "category"), *grouped, *each(children, "dc:subject", "media:category")))
    for element in each(children, "atom:category"):
        if is_topic(attribute(element, "scheme")):
            yield attribute(element, "label") or attribute(element, "term")


def media_of(children: Children) -> Children:
    """Return the elements of Media RSS, whether they stand in a `media:group` or `media:content` or not."""
    found = {name: list(elements) for name, elements in children.items() if name.startswith("media:")}
    for outer in ("media:group", "media:content"):
        for element in tuple(found.get(outer, ())):
            for name, elements in children_of(element).items():
                found.setdefault(name, []).extend(elements)
    return found


def media_words(children: Children, figures: tuple[Figure, ...], name: str) -> str:
    """Return the "title" or "description" that only Media RSS has: of an item, its film, its sound or its only picture.

    What is said of one of several pictures stands beside that one.
    """
    found = filter(None, map(text_of, each(media_of(children), f"media:{name}")))
    if len(figures) <= 1:
        return next(found, "")
    said = {words for figure in figures for words in (figure.alt, figure.title)}
    return next((words for words in found if words not in said), "")


def image_of(figures: tuple[Figure, ...], media: Children, children: Children) -> str:
    """Return the picture of an item: the first that it announces, a thumbnail, iTunes' cover."""
    pictures = [largest_form(figures)]
    pictures += [attribute(e, "url") for e in each(media, "media:thumbnail")]
    pictures += [attribute(e, "href") or attribute(e, "url") for e in each(children, "itunes:image")]
    return next(filter(None, pictures), "")


def _enclosures(children: Children, media: Children) -> tuple[Enclosure, ...]:
    return distinct_enclosures(
        [
            *(enclosure(e, "url", "length") for e in each(children, "enclosure")),
            *(enclosure(e, "href", "length") for e in _links(children) if attribute(e, "rel") == "enclosure"),
            *(enclosure(e, "url", "fileSize") for e in played(media)),
        ]
    )


def played(media: Children) -> Iterator[Element]:
    """Yield what Media RSS has beside pictures: films, sounds, documents."""
    for element in each(media, "media:content"):
        if not is_picture(attribute(element, "medium"), attribute(element, "type")):
            yield element


def enclosure(element: Element, url: str, size: str) -> Enclosure:
    """Return what an element with these attributes encloses."""
    return Enclosure(
        url=attribute(element, url),
        media_type=attribute(element, "type"),
        length=length(attribute(element, size)),
        title=attribute(element, "title") or next(filter(None, words_of(children_of(element))), ""),
    )
