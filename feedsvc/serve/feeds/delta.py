"""What of a feed's document its subscribers have not had yet (RFC 3229), and its links as a header. Pure.

How a document is cut at its entries is known where it is written: `feedsvc.formats`.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from feedsvc.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from feedsvc.formats.feed_format import FeedParts

RELATIONS: Final = ("self", "hub", "current", "prev-archive", "next-archive")


def parts(body: bytes, form: str) -> FeedParts | None:
    """Cut a document at its entries; None when it has none, or is of a format that has no deltas."""
    cut = FORMATS[form].parts if form in FORMATS else None
    return cut(body) if cut else None


def marks(found: FeedParts) -> frozenset[bytes]:
    """Return a short digest of each entry."""
    return frozenset(map(_mark, found.entries))


def without(found: FeedParts, known: AbstractSet[bytes]) -> bytes:
    """Return the document with only those entries of which the mark is not `known`."""
    return b"".join((found.head, *(each for each in found.entries if _mark(each) not in known), found.tail))


def link_header(body: bytes, form: str) -> str:
    """Return the links of a document as `Link` wants them (RFC 8288 §3; WebSub §4 asks for self and hub)."""
    found = FORMATS[form].links(body) if form in FORMATS else ()
    return ", ".join(f'<{href}>; rel="{rel}"' for rel, href in found if rel in RELATIONS and href.isascii())


def _mark(entry: bytes) -> bytes:
    return blake2b(entry, digest_size=8).digest()
