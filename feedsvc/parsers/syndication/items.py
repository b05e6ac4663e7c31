"""What the readers of RSS, Atom and JSON Feed and feedparser's have in common: from what an item says to a `Draft`; pure.

A reader fills in an `FeedItem`; `draft` decides between what it says twice (guid and link, content and description).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from feedsvc.model import Draft, Enclosure
from feedsvc.parsers.frontmatter.dialects import path_of
from feedsvc.parsers.frontmatter.fields import length

if TYPE_CHECKING:
    from feedsvc.model import BodyKind, FeedHead, Figure, Person, RawDocument

_UPDATE_PERIODS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 604800.0, "monthly": 2592000.0, "yearly": 31536000.0}
_WEB = ("http://", "https://")
_MARKUP = re.compile(r"</?[a-zA-Z!]|&(?:#\w{1,8}|\w{1,31});")
_KIND_SCHEME = "#kind"  # Blogger files every post under "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One item as its document says it, before anything is decided."""

    native_id: str = ""
    id_is_link: bool = False
    link: str = ""
    original_link: str = ""  # feedburner:origLink
    title: str = ""
    published: str = ""
    updated: str = ""
    content: str = ""
    content_is_markup: bool | None = None  # None = the format does not say
    summary: str = ""
    people: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    figures: tuple[Figure, ...] = ()
    language: str = ""
    bases: tuple[str, ...] = ()  # xml:base, outermost first
    text_bases: tuple[str, ...] = ()  # the same of the text, where that has its own


def draft(raw: RawDocument, form: str, head: FeedHead, item: FeedItem) -> Draft:
    """Return what `item` says. Links of the item itself are absolute where a base is known; those inside its text are not."""
    base = base_of(raw, head, item.bases)
    body = item.content or item.summary
    image = absolute(base, item.image or _pictured(item.enclosures))
    return Draft(
        source=raw.source,
        locator=raw.locator,
        form=form,
        fetched_at=raw.fetched_at,
        native_id=item.native_id,
        link=absolute(base, _link(item)),
        base_url=base_of(raw, head, item.text_bases) if item.text_bases else base,
        title=item.title,
        published=item.published,
        updated=item.updated,
        body=body,
        body_kind=_kind(item, body),
        summary=item.summary if item.content != item.summary and item.content else "",
        people=item.people,
        categories=tuple(dict.fromkeys(path for name in item.categories if (path := path_of([name])))),
        tags=item.tags,
        image=image,
        enclosures=tuple(_located(base, enclosure) for enclosure in item.enclosures),
        figures=_figures(base, image, item.figures),
        language=item.language or head.language,
        notice=notice(item.title, body),
    )


def says_something(one: Draft) -> bool:
    """Return whether there is anything in a draft that an article could be made of."""
    return any((one.title, one.body, one.link, one.native_id, one.image, one.enclosures))


def base_of(raw: RawDocument, head: FeedHead, bases: tuple[str, ...] = ()) -> str:
    """Return what relative links are relative to: `xml:base`, else the site, else where the document came from."""
    outer = raw.url or (raw.locator if raw.locator.startswith(_WEB) else "")
    site = absolute(outer, head.link)
    base = outer if bases else (site if site.startswith(_WEB) else outer)
    for inner in bases:
        base = absolute(base, inner)
    return base


def absolute(base: str, link: str) -> str:
    """Resolve `link` (RFC 3986, section 5); as it is where it cannot be."""
    link = link.strip()
    if not link or not base or link.startswith(_WEB):
        return link
    try:
        return urljoin(base, link)
    except ValueError:  # "http://[" is no address
        return link


def _link(item: FeedItem) -> str:
    if item.original_link.lower().startswith(_WEB):
        return item.original_link
    if item.link:
        return item.link
    return item.native_id if item.id_is_link and item.native_id.lower().startswith(_WEB) else ""


def _kind(item: FeedItem, body: str) -> BodyKind:
    if not body:
        return ""
    if item.content and item.content_is_markup is not None:
        return "html" if item.content_is_markup else "text"
    return "html" if _MARKUP.search(body) else "text"


def _pictured(enclosures: tuple[Enclosure, ...]) -> str:
    return next((e.url for e in enclosures if e.media_type.startswith("image/")), "")


def _figures(base: str, image: str, found: tuple[Figure, ...]) -> tuple[Figure, ...]:
    """Return the pictures of an item; none where there is one, of which nothing is said: its `image`."""
    figures: dict[tuple[str, str, str], Figure] = {}
    for figure in found:
        url = absolute(base, figure.url)
        if figure.alt or figure.title or not any(known == url for known, _, _ in figures):
            figures[url, figure.alt, figure.title] = replace(figure, url=url)
    alone = len({url for url, _, _ in figures} | {image}) == 1
    return () if alone and not any(alt or title for _, alt, title in figures) else tuple(figures.values())


def _located(base: str, enclosure: Enclosure) -> Enclosure:
    url = absolute(base, enclosure.url)
    return Enclosure(url=url, media_type=enclosure.media_type, length=enclosure.length, title=enclosure.title)


def distinct_enclosures(found: list[Enclosure]) -> tuple[Enclosure, ...]:
    """Return the enclosures that have an address, each address once: the one that says most of itself."""
    best: dict[str, Enclosure] = {}
    for one in found:
        if one.url and (one.url not in best or (one.media_type and not best[one.url].media_type)):
            best[one.url] = one
    return tuple(best.values())


def seconds_of(minutes: str, period: str, frequency: str) -> float | None:
    """Return how long a feed asks to be left alone: RSS's `ttl` in minutes, else `sy:updatePeriod` over `sy:updateFrequency`."""
    if length(minutes):
        return float(minutes) * 60.0
    seconds = _UPDATE_PERIODS.get(period.strip().lower())
    return seconds / (length(frequency) or 1) if seconds else None


def is_topic(scheme: str) -> bool:
    """Return whether a category of that scheme is about the subject, and not about the machinery."""
    return not scheme.endswith(_KIND_SCHEME)


_NOTICES = (
    (re.compile(r"^\s*Bridge returned error\b", re.IGNORECASE), "RSS-Bridge reports an error in place of an item"),
    (
        re.compile(r"^\s*\S{1,80} was unable to (?:receive or )?process the remote website"),
        "RSS-Bridge could not read the site",
    ),
    (
        re.compile(r"^\s*(?:RSSHub (?:发生|出错|Error)|Looks like something went wrong in RSSHub)"),
        "RSSHub reports an error",
    ),
)
_NOTICE_TEXT = (
    "rss-bridge/issues/new",
    "Bridge returned error",
    "RSSHub 发生了一些意外",
    "Looks like something went wrong",
)


def notice(title: str, body: str) -> str:
    """Return why an item is an error notice of a bridge, "" when it is an article. A title alone is enough only when it says so."""
    for pattern, why in _NOTICES:
        if pattern.search(title[:300]):
            return why
    head = body[:2000]
    if title.strip().lower() in ("", "error", "rsshub") and any(mark in head for mark in _NOTICE_TEXT):
        return "the text is the error page of a bridge"
    return ""
