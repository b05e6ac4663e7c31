"""What a reader of one format hands back; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.model import FeedHead
    from feedsvc.parsers.syndication.items import FeedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContents:
    """One feed, read: `items` in document order, read as they are asked for."""

    form: str  # "rss", "atom", "json"
    head: FeedHead
    items: Iterable[FeedItem]
    bases: tuple[str, ...] = ()  # xml:base of the feed itself
    total: int  # how many there are
