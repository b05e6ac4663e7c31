"""A minimal feed reader that follows the archive pages of an Atom feed (RFC 5005 §4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable

ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
ARCHIVE = "{http://purl.org/syndication/history/1.0}archive"


@dataclass(slots=True)
class Walk:
    """What a walk through a whole feed found."""

    titles: dict[str, str] = field(default_factory=dict)  # atom:id -> title, of what is not deleted
    read: list[str] = field(default_factory=list)  # addresses, in the order they were read


def walk(address: str, fetch: Callable[[str], bytes], subscription: str = "") -> Walk:
    """Read the document at `address` and all that it follows; of two versions the one with the later date counts.

    `subscription` is the document that they belong to, if that at `address` is none.
    """
    found, said, current = Walk(), {}, subscription or address
    while address:
        found.read.append(address)
        root = etree.fromstring(fetch(address), etree.XMLParser(huge_tree=True))
        for entry in root.iter(f"{ATOM}entry", TOMBSTONE):
            deleted = entry.tag == TOMBSTONE
            name = entry.get("ref") if deleted else entry.findtext(f"{ATOM}id")
            when = entry.get("when") if deleted else entry.findtext(f"{ATOM}updated")
            if name not in said or _later(when, said[name][0]):
                said[name] = (when, None if deleted else entry.findtext(f"{ATOM}title"))
        links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
        assert links["self"] == address
        assert (root.find(ARCHIVE) is not None) == (address != current) == ("current" in links)
        assert links.get("current", current) == current
        address = links.get("prev-archive", "")
        assert address not in found.read
    found.titles = {name: title for name, (_, title) in said.items() if title is not None}
    return found


def _later(one: str, other: str) -> bool:
    """Compare dates of RFC 3339 in UTC, with a fraction of a second or without."""
    return one.replace("+00:00", "").ljust(26, ".") > other.replace("+00:00", "").ljust(26, ".")
