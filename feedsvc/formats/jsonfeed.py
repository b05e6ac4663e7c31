"""JSON Feed 1.1 (jsonfeed.org/version/1.1). Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from feedsvc.formats.feed_format import FeedFormat, ListedEntry, Listing
from feedsvc.formats.frame import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from feedsvc.formats.item import Head, Item
    from feedsvc.model import Enclosure, Person

VERSION = "https://jsonfeed.org/version/1.1"
ITEMS = b',"items":[\n'  # between the head of a document and its items


def entry(item: Item) -> bytes:
    """Return one object of `items`. Contributors stand in an extension: the format knows authors only."""
    return "".join(("{", *_entry(item), "}")).encode()


def _entry(item: Item) -> Iterator[str]:
    """Yield an object's members as `json.dumps` writes them, in a quarter of its time; those that are empty are left out."""
    yield f'"id":{_text(item.uid)},"url":{_text(item.permalink)}'
    if item.via:
        yield f',"external_url":{_text(item.via)}'
    yield f',"title":{_text(item.title)}'
    if item.content:
        yield f',"content_html":{_text(item.content)}'
    else:
        yield f',"content_text":{_text(item.summary)}'
    if item.summary:
        yield f',"summary":{_text(item.summary)}'
    if item.image:
        yield f',"image":{_text(item.image)}'
    if item.published:
        yield f',"date_published":"{item.published.isoformat()}"'
    yield f',"date_modified":"{item.updated.isoformat()}","authors":[{",".join(map(_author, item.authors))}]'
    if item.categories:
        yield f',"tags":[{",".join([_text(category.label) for category in item.categories])}]'
    if item.language:
        yield f',"language":{_text(item.language)}'
    if item.enclosures:
        yield f',"attachments":{_written([_attachment(enclosure) for enclosure in item.enclosures])}'
    if more := ",".join(_extension(item)):
        yield f',"_feedsvc":{{{more}}}'


def _author(person: Person) -> str:
    url = f',"url":{_text(person.uri)}' if person.uri else ""
    return f'{{"name":{_text(person.name)}{url}}}'


def _extension(item: Item) -> Iterator[str]:
    if paths := [_text(category.term) for category in item.categories if category.scheme]:
        yield f'"categories":[{",".join(paths)}]'
    if item.contributors:
        contributors = [{"name": person.name, "role": person.role} for person in item.contributors]
        yield f'"contributors":{_written(contributors)}'


def frame(head: Head) -> Envelope:
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
    return Envelope(opening=shell[:-1] + ITEMS, between=b",\n", closing=b"\n]}\n")


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
    return _written(_present(record)).encode()


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_text: Callable[[str], str] = json.encoder.encode_basestring  # a string as that encoder writes it


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


FORMAT = FeedFormat(entry=entry, frame=frame, listed=listed, links=links)
