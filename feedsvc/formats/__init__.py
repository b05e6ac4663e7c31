"""Entries -> documents: the formats that a feed is published in. Pure: no clock, no neighbours, the same bytes always.

    Entry --item()--> Item --Format.entry--> fragment     kept as long as the entry does not change
    FeedSpec --head()--> Head, fragments --Format.document--> bytes

To add a format: one file with `MEDIA_TYPE`, `entry` and `document`, and one line in `FORMATS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.formats import atom, jsonfeed, rss

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from feedsvc.formats.item import Head, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to write a feed."""

    media_type: str  # for Content-Type and links; all formats are UTF-8
    entry: Callable[[Item], bytes]
    document: Callable[[Head, Sequence[bytes]], bytes]  # the feed with fragments (of `entry`) in their order


FORMATS: Mapping[str, Format] = {  # the key is the file's extension; best first, as readers read them
    "atom": Format(media_type=atom.MEDIA_TYPE, entry=atom.entry, document=atom.document),
    "rss": Format(media_type=rss.MEDIA_TYPE, entry=rss.entry, document=rss.document),
    "json": Format(media_type=jsonfeed.MEDIA_TYPE, entry=jsonfeed.entry, document=jsonfeed.document),
}
