"""What is emitted: entries as the archive holds them, and the feeds that show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from feedsvc.model.catalog import USUAL_FORMATS, USUAL_PAGE_FORMATS

if TYPE_CHECKING:
    from datetime import datetime

    from feedsvc.model.document import Enclosure, Person
    from feedsvc.model.origin import CategoryPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article as the archive holds it, ready to be rendered."""

    id: int
    uid: str  # atom:id
    uuid: str
    revision: int
    source: str
    source_title: str
    source_url: str  # the public site of the source, "" unknown
    url: str
    title: str
    summary: str
    content: str
    people: tuple[Person, ...]
    publisher: str
    language: str
    image: str
    enclosures: tuple[Enclosure, ...]
    categories: tuple[CategoryPath, ...]
    tags: tuple[str, ...]
    published: datetime | None
    first_seen: datetime
    updated: datetime

    @property
    def sort_date(self) -> datetime:
        """What feeds are ordered by: `published`, else `first_seen`."""
        return self.published or self.first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of an article that the operator took back (RFC 6721)."""

    uid: str  # atom:id
    when: datetime  # UTC
    why: str


class Member(NamedTuple):
    """An article as it is now, without its text: what a rendered entry is kept by."""

    id: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """What stands on one page of a feed (RFC 5005 §4), last come first."""

    articles: tuple[Member, ...] = ()  # that are not withdrawn
    tombstones: tuple[Tombstone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles a feed holds; all conditions must hold, none = everything."""

    category: CategoryPath = ()  # and everything below it
    source: str = ""
    author: str = ""
    language: str = ""
    search: str = ""  # words as in the search box
    sql: str = ""  # a read-only query that returns article ids


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """One feed to emit."""

    path: (
        str  # below archive/feeds, without extension: "all", "category/金融/每经网", "source/posts", "custom/ai-chips"
    )
    title: str
    selection: Selection = Selection()
    formats: tuple[str, ...] = USUAL_FORMATS  # of the subscription document
    page_formats: tuple[str, ...] = USUAL_PAGE_FORMATS  # of closed pages
    entries: int = 50
    content: Literal["full", "summary"] = "full"
    language: str = ""
    description: str = ""
    page: str = ""  # path of the page for people, below the public base: "category/金融"
