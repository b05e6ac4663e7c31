"""JSON Feed 1.1 (jsonfeed.org/version/1.1). Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from feedsvc.formats.frame import Frame
from feedsvc.formats.item import MEDIA_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from feedsvc.formats.item import Head, Item
    from feedsvc.model import Enclosure, Person

MEDIA_TYPE = MEDIA_TYPES["json"]
VERSION = "https://jsonfeed.org/version/1.1"


def entry(item: Item) -> bytes:
    """Return one object of `items`. Contributors stand in an extension: the format knows authors only."""
    body = {"content_html": item.content} if item.content else {"content_text": item.summary}
    contributors = [{"name": person.name, "role": person.role} for person in item.contributors]
    return _encoded(
        {
            "id": item.uid,
            "url": item.permalink,
            "external_url": item.via,
            "title": item.title,
            **body,
            "summary": item.summary,
            "image": item.image,
            "date_published": item.published.isoformat() if item.published else "",
            "date_modified": item.updated.isoformat(),
            "authors": _authors(item.authors),
            "tags": [category.label for category in item.categories],
            "language": item.language,
            "attachments": [_attachment(enclosure) for enclosure in item.enclosures],
            "_feedsvc": _present({"categories": _paths(item), "contributors": contributors}),
        }
    )


def frame(head: Head) -> Frame:
    """Return what stands around the items, one a line; `next_url` leads to older ones."""
    shell = _encoded(
        {
            "version": VERSION,
            "title": head.title,
            "home_page_url": head.page,
            "feed_url": head.location("json"),
            "description": head.description if head.description != head.title else "",
            "language": head.language,
            "next_url": f"{head.previous}.json" if head.previous and "json" in head.page_formats else "",
            "hubs": [{"type": "WebSub", "url": head.hub}] if head.hub else [],
        }
    )
    return Frame(opening=shell[:-1] + b',"items":[\n', between=b",\n", closing=b"\n]}\n")


def _authors(people: Iterable[Person]) -> list[dict[str, object]]:
    return [_present({"name": person.name, "url": person.uri}) for person in people]


def _paths(item: Item) -> list[str]:
    return [category.term for category in item.categories if category.scheme]


def _attachment(enclosure: Enclosure) -> dict[str, object]:
    return _present(
        {
            "url": enclosure.url,
            "mime_type": enclosure.media_type,
            "title": enclosure.title,
            "size_in_bytes": enclosure.length,
        }
    )


def _present(record: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in record.items() if value not in ("", None, [], {})}


def _encoded(record: Mapping[str, object]) -> bytes:
    return json.dumps(_present(record), ensure_ascii=False, separators=(",", ":")).encode()
