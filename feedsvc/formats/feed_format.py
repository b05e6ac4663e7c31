"""What a format has to know: how its documents are written, and how they are read back to be served. Pure.

Reading back is for documents that we wrote: text is escaped in them, so that a tag in the bytes is a tag. What has another
shape has no links and no entries here, and is served whole.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from xml.etree import ElementTree as ET

from feedsvc import plugins
from feedsvc.errors import PluginError, plugin_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from feedsvc.formats.item import Head, Item
    from feedsvc.plugins import Plugin

R = TypeVar("R")

_LINK = re.compile(rb"<(?:atom:)?link ([^<>]*)/>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_PIECE = 64 << 10  # bytes of a document that are parsed at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedParts:
    """A document cut before, between and after its entries."""

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEntry:
    """One entry of a document as its page for people lists it."""

    title: str
    href: str
    when: str  # ISO 8601, "" = the document does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the page for people shows of a document."""

    title: str = ""
    entries: tuple[ListedEntry, ...] = ()


def no_links(body: bytes) -> Iterable[tuple[str, str]]:
    """Find no links: documents of this format name none."""
    del body
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFormat:
    """How one format is written and read back; `listed` may raise ValueError or LookupError on what somebody else wrote."""

    entry: Callable[[Item], bytes]
    document: Callable[[Head, Sequence[bytes]], bytes]  # the feed with fragments (of `entry`) in their order
    listed: Callable[[bytes], Listing]  # for the page for people
    links: Callable[[bytes], Iterable[tuple[str, str]]] = no_links  # (relation, address) for the header `Link`
    parts: Callable[[bytes], FeedParts | None] | None = None  # for deltas (RFC 3229); None = the format has none


def parts_between(body: bytes, opening: bytes, closing: bytes) -> FeedParts | None:
    """Cut a document whose entries begin with `opening` and end with `closing`, with nothing between two; None = it has none."""
    begin, end = body.find(opening), body.rfind(closing) + len(closing)
    if begin < 0 or end < begin:
        return None
    pieces = body[begin:end].split(closing)[:-1]
    return FeedParts(head=body[:begin], entries=tuple(piece + closing for piece in pieces), tail=body[end:])


def links_before(body: bytes, opening: bytes) -> Iterator[tuple[str, str]]:
    """Yield relation and address of each Atom link that stands before the first entry, which begins with `opening`."""
    first = body.find(opening)
    for found in _LINK.finditer(body, 0, first if first >= 0 else len(body)):
        attributes = dict(_ATTRIBUTE.findall(found[1].decode("utf-8", "replace")))
        yield attributes.get("rel", ""), html.unescape(attributes.get("href", ""))


def parsed_xml(body: bytes) -> Any:  # noqa: ANN401 - an element
    """Return the root of a document that we wrote.

    Other threads run between its pieces, which they cannot while one piece is parsed.

    Raises:
        ValueError: it is no XML.
    """
    parser = ET.XMLParser()  # noqa: S314 - we wrote it
    try:
        for begin in range(0, len(body), _PIECE):
            parser.feed(body[begin : begin + _PIECE])
        return parser.close()
    except ET.ParseError as error:
        raise ValueError(f"no XML: {error}") from error


def text_of(element: Any, name: str) -> str:  # noqa: ANN401
    """Return the text of the child `name`, "" where there is none."""
    return (element.findtext(name) or "").strip()


def checked(found: object) -> FeedFormat:
    """Return `found` where it is a format.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(found, FeedFormat):
        raise TypeError(f"{found!r} is no FeedFormat")
    return found


# ---------------------------------------------------------------- formats of plugins


def guarded(plugin: Plugin, found: FeedFormat) -> FeedFormat:
    """Return `found`, a format of `plugin`, so that what it raises names the plugin.

    Writing raises PluginError. What is read back for pages and headers is none where reading raises, which is logged.
    """
    return FeedFormat(
        entry=partial(_written, plugin, found.entry),
        document=partial(_written, plugin, found.document),
        listed=partial(_read, plugin, found.listed, Listing()),
        links=_links(plugin, found),
        parts=None if found.parts is None else partial(_read, plugin, found.parts, None),
    )


def _written(plugin: Plugin, write: Callable[..., bytes], *given: object) -> bytes:
    with plugin_errors(plugin, partial(PluginError, member=plugin.name)):
        return plugins.returned(bytes, write(*given))


def _read(plugin: Plugin, read: Callable[[bytes], R], nothing: R, body: bytes) -> R:
    try:
        return read(body)
    except Exception as error:  # noqa: BLE001 - a feed is served, whatever a plugin makes of it
        plugins.tell(plugin, error, "the feed is served without what it would have read")
        return nothing


def _links(plugin: Plugin, found: FeedFormat) -> Callable[[bytes], Iterable[tuple[str, str]]]:
    """Return the `links` of `found`, which raise when they are asked for, and not when they are walked through."""
    nothing: tuple[tuple[str, str], ...] = ()
    return partial(_read, plugin, lambda body: tuple(found.links(body)), nothing)
