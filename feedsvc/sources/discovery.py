"""The feed that a web page names (`<link rel="alternate">`, RSS Advisory Board's autodiscovery). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from feedsvc.model.catalog import ATOM_TYPE, JSON_FEED_TYPE, RSS_TYPE

if TYPE_CHECKING:
    from lxml.etree import _Element

FEED_TYPES = frozenset({RSS_TYPE, ATOM_TYPE, JSON_FEED_TYPE, "application/json"})
_HEAD = 512 << 10  # bytes of a page that are looked at; the links stand in its head
_MAX_URL = 2048  # characters
_FEED_ROOT = re.compile(rb"<(?:[a-z]+:)?(?:rss|feed|rdf)\b", re.IGNORECASE)
_PAGE_ROOT = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,1000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_SNIFFED = 4096  # bytes that tell a page from a feed


def is_page(body: bytes, media_type: str) -> bool:
    """Whether `body` is a web page and no feed, whatever its Content-Type says."""
    head = body[:_SNIFFED].removeprefix(b"\xef\xbb\xbf")
    if _PAGE_ROOT.match(head):
        return True
    return (
        "html" in media_type.lower() and not _FEED_ROOT.search(head) and not head.lstrip().startswith((b"{", b"<?xml"))
    )


def feed_links(page: bytes, base: str) -> list[str]:
    """Return the absolute addresses of the feeds that `page` names, best first: feeds of comments come last."""
    links = [
        (address, f"{address} {link.get('title', '')}".lower())
        for link in _links(page)
        if _names_feed(link) and (address := _absolute(base, link.get("href", "")))
    ]
    found = sorted(links, key=lambda link: "comment" in link[1] or "评论" in link[1])
    return list(dict.fromkeys(address for address, _ in found))


def _links(page: bytes) -> list[_Element]:
    from lxml import etree  # noqa: PLC0415 - only pages need it

    parser = etree.HTMLParser(no_network=True, recover=True, remove_comments=True)
    try:
        root = etree.fromstring(page[:_HEAD], parser)
    except etree.XMLSyntaxError:  # nothing in it
        return []
    return [] if root is None else list(root.iter("link"))


def _names_feed(link: _Element) -> bool:
    relations = (link.get("rel") or "").lower().split()
    media_type = (link.get("type") or "").partition(";")[0].strip().lower()
    return "alternate" in relations and "stylesheet" not in relations and media_type in FEED_TYPES


def _absolute(base: str, href: str) -> str:
    """Return `href` as an address of the web, "" when it is none."""
    try:
        address = urljoin(base, href.strip()) if href.strip() else ""
    except ValueError:
        return ""
    return address if address.startswith(("http://", "https://")) and len(address) <= _MAX_URL else ""
