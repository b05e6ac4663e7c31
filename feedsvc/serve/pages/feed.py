"""The page of a feed, for a person who follows a link to one: browsers show the document itself as source text.

Only a browser that says that it navigates (`Sec-Fetch-Dest: document`) gets it; whatever polls gets the feed. It shows
what the document holds, so that nobody has to guess what subscribing will bring.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from feedsvc.serve.context import served
from feedsvc.serve.page_responses import missing, page
from feedsvc.serve.page_urls import FORMAT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datasette import Response

    from feedsvc.serve.types import Datasette, Request

_SHOWN = 30  # entries
_PIECE = 64 << 10  # bytes that are parsed at a time
_ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """One entry of a feed as its page lists it."""

    title: str
    href: str
    when: str  # ISO 8601, "" = the document does not say


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/feeds/<path>.atom`, `.rss` and `.json` when a browser goes there."""
    site = served(datasette)
    path = unquote(request.url_vars["path"])
    body = await site.files.document(path)
    if body is None:
        return await missing(datasette, request, site)
    stem, _, extension = path.rpartition(".")
    title, found = await asyncio.to_thread(_read, extension, body)
    context = {
        "heading": title or stem,
        "address": f"{site.url or _asked(request)}{site.links.to(f'feeds/{path}')}",
        "raw": f"{site.links.to(f'feeds/{path}')}?raw",
        "form": FORMAT_NAMES[extension],
        "forms": site.links.feeds(stem, title or stem),
        "items": found[:_SHOWN],
        "count": len(found),
    }
    answer = await page(datasette, request, site, "feedsvc_feed.html", context)
    answer.headers = {**answer.headers, "Vary": "Sec-Fetch-Dest", "Cache-Control": "no-store"}
    return answer


def _read(extension: str, body: bytes) -> tuple[str, list[ShownEntry]]:
    """Return title and entries; none of what somebody else put there and what cannot be read."""
    try:
        title, items = _READ[extension](body)
        return title, list(items)
    except (ET.ParseError, ValueError, LookupError, TypeError, AttributeError):
        return "", []


def _asked(request: Request) -> str:
    """Return the server by the name that the person used for it."""
    return f"{request.scheme}://{request.host}"


def _atom(body: bytes) -> tuple[str, Iterator[ShownEntry]]:
    root = _parsed(body)
    entries = (
        ShownEntry(
            title=_text(each, f"{_ATOM}title"),
            href=next(
                (link.get("href", "") for link in each.iter(f"{_ATOM}link") if link.get("rel") in (None, "alternate")),
                "",
            ),
            when=_text(each, f"{_ATOM}published"),
        )
        for each in root.iter(f"{_ATOM}entry")
    )
    return _text(root, f"{_ATOM}title"), entries


def _rss(body: bytes) -> tuple[str, Iterator[ShownEntry]]:
    channel = _parsed(body).find("channel")
    if channel is None:
        return "", iter(())
    items = (
        ShownEntry(title=_text(each, "title"), href=_text(each, "link"), when=_iso(_text(each, "pubDate")))
        for each in channel.iter("item")
    )
    return _text(channel, "title"), items


def _json(body: bytes) -> tuple[str, Iterator[ShownEntry]]:
    feed = json.loads(body)
    items = (
        ShownEntry(title=each.get("title", ""), href=each.get("url", ""), when=each.get("date_published", ""))
        for each in feed["items"]
    )
    return feed["title"], items


_READ: dict[str, Callable[[bytes], tuple[str, Iterator[ShownEntry]]]] = {"atom": _atom, "rss": _rss, "json": _json}


def _parsed(body: bytes) -> ET.Element:
    """Return the root of a document; other threads run between its pieces, which they cannot while one piece is parsed."""
    parser = ET.XMLParser()  # noqa: S314 - we wrote it
    for begin in range(0, len(body), _PIECE):
        parser.feed(body[begin : begin + _PIECE])
    root: ET.Element = parser.close()
    return root


def _iso(date: str) -> str:
    return parsedate_to_datetime(date).isoformat() if date else ""


def _text(element: ET.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()
