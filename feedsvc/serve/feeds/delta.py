"""What a feed's document says of itself, found in its bytes without parsing it: its links, and where its entries are. Pure.

Reads documents that feedsvc wrote: text is escaped, so that a tag in the bytes is a tag. What has another shape has no
links and no entries here, and is answered whole.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

RELATIONS: Final = ("self", "hub", "current", "prev-archive", "next-archive")
_ENTRY: Final = {"atom": (b"<entry", b"</entry>"), "rss": (b"<item>", b"</item>")}  # begin and end of one
_ITEMS: Final = b',"items":[\n'
_LINK = re.compile(rb"<(?:atom:)?link ([^<>]*)/>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedParts:
    """A document of Atom or RSS, cut before, between and after its entries."""

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes

    def marks(self) -> frozenset[bytes]:
        """Return a short digest of each entry."""
        return frozenset(map(_mark, self.entries))

    def without(self, known: AbstractSet[bytes]) -> bytes:
        """Return the document with only those entries of which the mark is not `known`."""
        return b"".join((self.head, *(each for each in self.entries if _mark(each) not in known), self.tail))


def split_entries(body: bytes, form: str) -> FeedParts | None:
    """Cut a document open; None when it has no entries, or is of a format that has no deltas."""
    if form not in _ENTRY:
        return None
    opening, closing = _ENTRY[form]
    begin, end = body.find(opening), body.rfind(closing) + len(closing)
    if begin < 0 or end < begin:
        return None
    pieces = body[begin:end].split(closing)[:-1]
    return FeedParts(head=body[:begin], entries=tuple(piece + closing for piece in pieces), tail=body[end:])


def link_header(body: bytes, form: str) -> str:
    """Return the links of a document as `Link` wants them (RFC 8288 §3; WebSub §4 asks for self and hub)."""
    found = _of_json(body) if form == "json" else _of_xml(body, form)
    return ", ".join(f'<{href}>; rel="{rel}"' for rel, href in found if rel in RELATIONS and href.isascii())


def _of_xml(body: bytes, form: str) -> Iterator[tuple[str, str]]:
    if form not in _ENTRY:
        return
    first = body.find(_ENTRY[form][0])
    for found in _LINK.finditer(body, 0, first if first >= 0 else len(body)):
        attributes = dict(_ATTRIBUTE.findall(found[1].decode("utf-8", "replace")))
        yield attributes.get("rel", ""), html.unescape(attributes.get("href", ""))


def _of_json(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        head = json.loads(body.partition(_ITEMS)[0] + b"}")
    except ValueError:
        return
    yield "self", str(head.get("feed_url", ""))
    for hub in head.get("hubs", ()):
        yield "hub", str(hub.get("url", ""))
    if "next_url" in head:
        yield "prev-archive", str(head["next_url"])


def _mark(entry: bytes) -> bytes:
    return blake2b(entry, digest_size=8).digest()
