"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) -> drafts; pure. Anything of the wrong type is as if it were not there."""

from __future__ import annotations

import json
from typing import Any

from feedsvc.errors import DocumentError
from feedsvc.model import Enclosure, FeedHead, Figure, Person
from feedsvc.parsers.encodings import without_surrogates
from feedsvc.parsers.people import distinct, person
from feedsvc.parsers.syndication.figures import enclosed
from feedsvc.parsers.syndication.items import FeedItem, distinct_enclosures
from feedsvc.parsers.syndication.result import FeedContents

FORM = "json"
_PETABYTE = 1e15

Object = dict[str, Any]


def read(text: str) -> FeedContents:
    """Read a JSON Feed.

    Raises:
        DocumentError: it is no JSON, or JSON of another kind.
    """
    try:
        feed = json.loads(text, strict=False)  # line ends inside strings are common
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not a feed: broken JSON: {error}") from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise DocumentError("not a feed: JSON without `items`")
    found = [item for item in items if isinstance(item, dict)]
    return FeedContents(form=FORM, head=_head(feed), items=(_item(feed, item) for item in found), total=len(found))


def _head(feed: Object) -> FeedHead:
    hubs = [hub for hub in _list(feed, "hubs") if isinstance(hub, dict)]
    return FeedHead(
        title=_text(feed, "title"),
        link=_text(feed, "home_page_url"),
        language=_text(feed, "language"),
        hub=next((url for hub in hubs if (url := _text(hub, "url"))), ""),
        next_page=_text(feed, "next_url"),
    )


def _item(feed: Object, item: Object) -> FeedItem:
    markup = _text(item, "content_html")
    enclosures = distinct_enclosures([_attachment(a) for a in _list(item, "attachments") if isinstance(a, dict)])
    images = [url for url in (_text(item, "image"), _text(item, "banner_image")) if url]
    return FeedItem(
        native_id=_text(item, "id"),
        id_is_link=True,
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        content=markup or _text(item, "content_text"),
        content_is_markup=bool(markup),
        summary=_text(item, "summary"),
        people=_people(item) or _people(feed),
        categories=tuple(tag for tag in map(_scalar, _list(item, "tags")) if tag),
        image=next(iter(images), ""),
        enclosures=enclosures,
        figures=(*(Figure(url=url) for url in images), *enclosed(enclosures)),
        language=_text(item, "language"),
    )


def _people(owner: Object) -> tuple[Person, ...]:
    named = _list(owner, "authors") or [owner.get("author")]  # 1.0 had one author
    return distinct([_person(one) for one in named])


def _person(one: object) -> Person | None:
    if isinstance(one, dict):
        return person(_text(one, "name"), uri=_text(one, "url"))
    return person(one) if isinstance(one, str) else None


def _attachment(found: Object) -> Enclosure:
    size = found.get("size_in_bytes")
    return Enclosure(
        url=_text(found, "url"),
        media_type=_text(found, "mime_type"),
        length=int(size) if isinstance(size, int | float) and 0 <= size < _PETABYTE else None,
        title=_text(found, "title"),
    )


def _list(owner: Object, key: str) -> list[Any]:
    found = owner.get(key)
    return found if isinstance(found, list) else []


def _text(owner: Object, key: str) -> str:
    return _scalar(owner.get(key))


def _scalar(found: object) -> str:
    """Return a string, or a number as one: ids are often written as numbers (the standard asks to coerce them)."""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    try:
        return without_surrogates(str(found)).strip()
    except ValueError:  # an integer of more than 4,300 digits
        return ""
