"""What a feed may cost: limits on its shape, judged before a parser sees it; pure, linear.

Measured: feedparser needs more than 40 s for 200,000 attributes in one tag or 50,000 namespaces, 26 s for one attribute of
50 MB, 4.7 s for 0.9 MB of tags that are never closed. The strict reader has libxml2's own limits (depth 256, 10 MB of text).
"""

from __future__ import annotations

import re

from feedsvc.errors import DocumentError

_LOOSE_CHARACTERS = 2 << 20  # that feedparser may be given
_MOST_NAMESPACES = 2000
_MOST_ATTRIBUTES = 500  # of one tag
_MOST_TAGS = 200_000  # at 20 µs each
_MOST_DEPTH = 20_000  # tags that stand open
_TAG = re.compile(r"<[^<>]*")
_NAME = re.compile(r"<(/?)([A-Za-z][\w:-]{0,40})")
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})  # that HTML never closes


def check_bytes(body: bytes) -> None:
    """Raise `DocumentError` when it is no document at all. How many bytes one may have is for its reader (`max_bytes`)."""
    if body.startswith(b"\x1f\x8b"):
        raise DocumentError("encoding: the document is compressed with gzip; the server does not say so")
    if not body.strip():
        raise DocumentError("empty: the document holds nothing")


def check_loose(markup: str) -> None:
    """Raise `DocumentError` when feedparser would take too long over `markup`."""
    if len(markup) > _LOOSE_CHARACTERS:
        raise DocumentError(
            f"too large: not well-formed within the limits, and {len(markup)} characters long, where {_LOOSE_CHARACTERS} are mended"
        )
    if markup.count("<") > _MOST_TAGS:
        raise DocumentError(f"too large: malformed, with more than {_MOST_TAGS} tags")
    if markup.count("xmlns") > _MOST_NAMESPACES:
        raise DocumentError("not a feed: malformed, with thousands of namespaces")
    if any(tag[0].count("=") > _MOST_ATTRIBUTES for tag in _TAG.finditer(markup)):
        raise DocumentError("not a feed: malformed, with hundreds of attributes in one tag")
    if _depth(markup) > _MOST_DEPTH:
        raise DocumentError("not a feed: malformed, with thousands of tags that are never closed")


def _depth(markup: str) -> int:
    """Return how many more tags are opened than closed at the worst, outside CDATA sections."""
    deepest = depth = 0
    for tag in _TAG.finditer(_without_cdata(markup)):
        found = _NAME.match(tag[0])
        if not found:
            continue
        if found[1]:
            depth = max(0, depth - 1)
        elif found[2].lower() not in _VOID and not tag[0].endswith("/"):
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _without_cdata(markup: str) -> str:
    first, *sections = markup.split("<![CDATA[")
    return first + "".join(section.partition("]]>")[2] for section in sections)
