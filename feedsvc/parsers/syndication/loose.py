"""The last reader of feeds: feedparser, for documents that no XML parser takes; pure as far as we use it.

It is handed a stream and never a string, which it would take for an address or a file name, and text that the guards passed:
it needs more than 40 s for one tag with 200,000 attributes. Its sanitiser and its resolver are off; ours come later.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from feedsvc.errors import DocumentError
from feedsvc.model import Enclosure, FeedHead, Figure, Person
from feedsvc.parsers.encodings import without_surrogates
from feedsvc.parsers.frontmatter.fields import length
from feedsvc.parsers.people import distinct, person
from feedsvc.parsers.syndication.figures import enclosed, is_picture, largest_form
from feedsvc.parsers.syndication.items import FeedItem, distinct_enclosures, is_topic, seconds_of
from feedsvc.parsers.syndication.result import FeedContents

if TYPE_CHECKING:
    from collections.abc import Iterator

# feedparser has no types. Its dictionaries answer "updated" with "published" and the like, so they are read with dict.get.
Record = dict[str, Any]

_NOT_A_SUBJECT = ("itunes.com", "search.yahoo.com/mrss")


def read(markup: str) -> FeedContents:
    """Read what there is of a feed.

    Raises:
        DocumentError: feedparser sees no feed in it, or fails.
    """
    import feedparser  # noqa: PLC0415 - 60 ms, and few feeds need it

    try:
        found = feedparser.parse(
            io.BytesIO(markup.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # damaged markup makes it raise anything
        raise DocumentError(f"not a feed: feedparser fails with {type(error).__name__}: {error}") from error
    if not found.get("version") and not found.entries:
        raise DocumentError("not a feed: neither RSS nor Atom nor JSON Feed can be made out")
    form = "atom" if str(found.get("version", "")).startswith("atom") else "rss"
    inherited = _people(found.feed) if form == "atom" else ()  # RFC 4287, section 4.2.1
    entries = (_item(entry, form, inherited) for entry in found.entries)
    return FeedContents(form=form, head=_head(found.feed), items=entries, total=len(found.entries))


def _text(record: Record, key: str) -> str:
    found = dict.get(record, key)
    return without_surrogates(found.strip()) if isinstance(found, str) else ""


def _records(record: Record, key: str) -> Iterator[Record]:
    found = dict.get(record, key)
    return (one for one in (found if isinstance(found, list) else []) if isinstance(one, dict))


def _head(feed: Record) -> FeedHead:
    links = {_text(link, "rel"): _text(link, "href") for link in reversed(list(_records(feed, "links")))}
    return FeedHead(
        title=_text(feed, "title"),
        link=_text(feed, "link"),
        language=_text(feed, "language"),
        ttl=seconds_of(_text(feed, "ttl"), _text(feed, "sy_updateperiod"), _text(feed, "sy_updatefrequency")),
        hub=links.get("hub", ""),
        next_page=links.get("prev-archive") or links.get("next", ""),
    )


def _figures(entry: Record, enclosures: tuple[Enclosure, ...]) -> tuple[Figure, ...]:
    """Return the pictures of an entry; feedparser does not say which words are whose, and has those of the last as its text."""
    media = [c for c in _records(entry, "media_content") if _text(c, "url")]
    shown = [c for c in media if is_picture(_text(c, "medium"), _text(c, "type"), _text(c, "url"))]
    return (
        *(Figure(url=_text(c, "url"), width=length(_text(c, "width"))) for c in shown),
        *enclosed(enclosures),
    )


def _item(entry: Record, form: str, inherited: tuple[Person, ...]) -> FeedItem:
    content = max(_records(entry, "content"), key=lambda c: len(_text(c, "value")), default={})
    enclosures = _enclosures(entry)
    figures = _figures(entry, enclosures)
    published = _text(entry, "published") or _text(entry, "created")
    updated = _text(entry, "updated")
    if form == "rss" and not published:
        published, updated = updated, ""  # dc:date
    return FeedItem(
        native_id=_text(entry, "id"),
        id_is_link=bool(entry.get("guidislink")) or form == "atom",
        link=_text(entry, "link"),
        original_link=_text(entry, "feedburner_origlink"),
        title=_text(entry, "title"),
        published=published,
        updated=updated,
        content=_text(content, "value"),
        content_is_markup=_text(content, "type") != "text/plain" if form == "atom" and content else None,
        summary=_text(entry, "summary"),
        people=_people(entry) or inherited,
        categories=tuple(_categories(entry)),
        image=_image(entry, figures),
        enclosures=enclosures,
        figures=figures,
        language=_text(content, "language"),
        bases=(),
    )


def _people(entry: Record) -> tuple[Person, ...]:
    authors = [_person(one, "author") for one in _records(entry, "authors")]
    contributors = [_person(one, "contributor") for one in _records(entry, "contributors")]
    return distinct(authors + contributors)


def _person(one: Record, role: str) -> Person | None:
    mail = _text(one, "email")
    return person(_text(one, "name") or mail, role=role, email=mail, uri=_text(one, "href"))


def _categories(entry: Record) -> Iterator[str]:
    for tag in _records(entry, "tags"):
        scheme = _text(tag, "scheme")
        if is_topic(scheme) and not any(mark in scheme for mark in _NOT_A_SUBJECT):
            yield _text(tag, "label") or _text(tag, "term")


def _image(entry: Record, figures: tuple[Figure, ...]) -> str:
    cover = dict.get(entry, "image")
    found = [largest_form(figures), *(_text(one, "url") for one in _records(entry, "media_thumbnail"))]
    found.append(_text(cover, "href") if isinstance(cover, dict) else "")
    return next(filter(None, found), "")


def _enclosures(entry: Record) -> tuple[Enclosure, ...]:
    media = [c for c in _records(entry, "media_content") if not is_picture(_text(c, "medium"), _text(c, "type"))]
    links = (link for link in _records(entry, "links") if _text(link, "rel") == "enclosure")
    enclosed = (_enclosure(one, "href", "length") for one in links)
    return distinct_enclosures([*enclosed, *(_enclosure(one, "url", "filesize") for one in media)])


def _enclosure(one: Record, url: str, size: str) -> Enclosure:
    return Enclosure(
        url=_text(one, url), media_type=_text(one, "type"), length=length(_text(one, size)), title=_text(one, "title")
    )
