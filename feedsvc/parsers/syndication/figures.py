"""The pictures that an item announces beside its text, with what is said of them (Media RSS 1.5, enclosures); pure.

    media:content that is a picture | media:group: one of its alternatives | enclosures that are pictures

Several `media:content` are several pictures. A `media:group` is one thing in several forms ("effectively the same content"),
and a `media:thumbnail` another form of what it stands beside: neither is a second picture. Members of a group that are
told apart by their own words, or by nothing at all, are pictures of their own all the same: one too many is better than a lost one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedsvc.model import Figure
from feedsvc.parsers.frontmatter.fields import length
from feedsvc.parsers.syndication.xml_elements import (
    Children,
    Element,
    attribute,
    children_of,
    each,
    first_text,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from feedsvc.model import Enclosure

_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".bmp", ".tif", ".tiff")
_ALTERNATES = ("width", "height", "type", "lang", "bitrate")  # in which forms of one thing differ (Media RSS 1.5)


def is_picture(medium: str, media_type: str, url: str = "") -> bool:
    """Return whether a file is a picture: by what is said of it, else by its name."""
    if medium or media_type:
        return medium.lower() == "image" or media_type.lower().startswith("image/")
    return _path(url).lower().endswith(_SUFFIXES)


def announced(children: Children, enclosures: Iterable[Enclosure]) -> tuple[Figure, ...]:
    """Return the pictures of the item that has `children`, in document order, `enclosures` last."""
    found = _worded([_figure(e) for e in each(children, "media:content") if _shows(e)], children)
    for group in each(children, "media:group"):
        inside = children_of(group)
        members = [e for e in each(inside, "media:content") if _shows(e)]
        found += _worded([_figure(e) for e in _chosen(members)], inside)
    if not found and not _plays(children):
        found = _worded([Figure(url=url) for url in _thumbnails(children)[:1]], children)
    return (*found, *enclosed(enclosures))


def enclosed(enclosures: Iterable[Enclosure]) -> tuple[Figure, ...]:
    """Return those of `enclosures` that are pictures."""
    return tuple(Figure(url=e.url, title=e.title) for e in enclosures if is_picture("", e.media_type, e.url))


def largest_form(figures: Sequence[Figure]) -> str:
    """Return the address of the first of `figures`; the widest where it comes in several widths under one path."""
    forms = [figure for figure in figures if _path(figure.url) == _path(figures[0].url)]
    return max(forms, key=lambda figure: figure.width or 0).url if forms else ""


def words_of(children: Children) -> tuple[str, str]:
    """Return what the elements of Media RSS among `children` say of what they stand in: a description and a title."""
    return first_text(children, "media:description"), first_text(children, "media:title")


def _figure(element: Element) -> Figure:
    description, title = words_of(children_of(element))
    return Figure(
        url=attribute(element, "url"),
        alt=description or attribute(element, "alt"),
        title=title or attribute(element, "title"),
        width=length(attribute(element, "width")),
        height=length(attribute(element, "height")),
    )


def _shows(element: Element) -> bool:
    url = attribute(element, "url")
    return bool(url) and is_picture(attribute(element, "medium"), attribute(element, "type"), url)


def _plays(children: Children) -> bool:
    """Whether the item has a film or a sound: then a thumbnail is its still, and a description says what is in it."""
    groups = (e for group in each(children, "media:group") for e in each(children_of(group), "media:content"))
    return any(not _shows(e) for e in (*each(children, "media:content"), *groups))


def _thumbnails(children: Children) -> list[str]:
    groups = (e for group in each(children, "media:group") for e in each(children_of(group), "media:thumbnail"))
    found = (*each(children, "media:thumbnail"), *groups)
    return [url for e in found if (url := attribute(e, "url") or text_of(e))]


def _worded(figures: list[Figure], around: Children) -> list[Figure]:
    """Return `figures` with what stands around them: words of a group or an item are those of its first picture."""
    if figures and not (figures[0].alt or figures[0].title):
        description, title = words_of(around)
        figures[0] = replace(figures[0], alt=description, title=title)
    return figures


def _chosen(members: Sequence[Element]) -> Sequence[Element]:
    """Return the pictures of a group: the default, else the largest, where its members are forms of one picture; else all."""
    if not _are_alternatives(members):
        return members
    default = [e for e in members if attribute(e, "isDefault").lower() == "true"]
    return (default or sorted(members, key=_size, reverse=True))[:1]


def _are_alternatives(members: Sequence[Element]) -> bool:
    words = [words_of(children_of(e)) for e in members]
    if len(members) < 2 or len(set(filter(any, words))) > 1:  # noqa: PLR2004 - one has no alternative
        return False
    if any(attribute(e, "isDefault") for e in members):
        return True
    forms = [tuple(attribute(e, name) for name in _ALTERNATES) for e in members]
    return len(set(forms)) == len(forms)


def _size(element: Element) -> tuple[int, int]:
    width, height, size = (length(attribute(element, name)) or 0 for name in ("width", "height", "fileSize"))
    return (width or 1) * (height or width or 1), size


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # "http://[" is no address
        return ""
