"""JSON Feed 1.1 (jsonfeed.org/version/1.1). Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from feedsvc.formats.feed_format import FeedFormat, ListedEntry, Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from feedsvc.formats.item import Head, Item
    from feedsvc.model import Enclosure, Person

VERSION = "https://jsonfeed.org/version/1.1"
ITEMS = b',"items":[\n'  # between the head of a document and its items


def entry(item: Item) -> bytes:
    """Return one object of `items`. Contributors stand in an extension: the format knows authors only."""
    return _encoded(
        {
            "id": item.uid,
            "url": item.permalink,
            "external_url": item.via,
            "title": item.title,
            "content_html": item.content,
            "content_text": "" if item.content else item.summary,
            "summary": item.summary,
            "image": item.image,
            "date_published": item.published.isoformat() if item.published else "",
            "date_modified": item.updated.isoformat(),
            "authors": [_author(person) for person in item.authors],
            "tags": [category.label for category in item.categories],
            "language": item.language,
            "attachments": [_attachment(enclosure) for enclosure in item.enclosures],
            "_feedsvc": _extension(item),
        }
    )


def document(head: Head, fragments: Iterable[bytes]) -> bytes:
    """Return the feed with `fragments` (of `entry`) in their order, one a line; `next_url` leads to older ones."""
    top = _encoded(
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
    return b"".join((top.removesuffix(b"}"), ITEMS, b",\n".join(fragments), b"\n]}\n"))


def _author(person: Person) -> dict[str, str]:
    return {"name": person.name, "url": person.uri} if person.uri else {"name": person.name}


def _extension(item: Item) -> Mapping[str, object]:
    return _present(
        {
            "categories": [category.term for category in item.categories if category.scheme],
            "contributors": [{"name": person.name, "role": person.role} for person in item.contributors],
        }
    )


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
    return _ENCODER.encode(_present(record)).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


# ---------------------------------------------------------------- read back


def links(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the links of a document; nothing where its head is not as we write it."""
    try:
        head = json.loads(body.partition(ITEMS)[0] + b"}")
    except ValueError:
        return
    yield "self", str(head.get("feed_url", ""))
    for hub in head.get("hubs", ()):
        yield "hub", str(hub.get("url", ""))
    if "next_url" in head:
        yield "prev-archive", str(head["next_url"])


def listed(body: bytes) -> Listing:
    """Return what a document says, for people."""
    feed = json.loads(body)
    return Listing(
        title=feed["title"],
        entries=tuple(
            ListedEntry(title=each.get("title", ""), href=each.get("url", ""), when=each.get("date_published", ""))
            for each in feed["items"]
        ),
    )


FORMAT = FeedFormat(entry=entry, document=document, listed=listed, links=links)
