"""Entries as feeds show them where pictures are kept: our copy in the place of the original, at an absolute address."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from feedsvc.pictures import EXTENSIONS
from feedsvc.pictures.substitution import address, with_kept

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from feedsvc.model import Enclosure, Entry, PictureRole

_KEPT = """
    select m.article, m.url, m.role, d.digest, d.media_type, d.bytes from json_each(?) j
    cross join article_media m on m.article = j.value join media d on d.digest = m.digest order by m.article, m.url"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPictures:
    """Where kept pictures are shown."""

    base: str  # address of the service, ends in "/"
    left_out: frozenset[str] = frozenset()  # sources whose pictures stay where they are


class _Kept(NamedTuple):
    article: int
    url: str
    role: PictureRole
    digest: str
    media_type: str
    size: int  # bytes


def illustrated(db: sqlite3.Connection, entries: Sequence[Entry], shown: ShownPictures | None) -> Sequence[Entry]:
    """Return `entries` with the addresses of kept pictures below `shown.base`; as they are when `shown` is None."""
    wanted = [entry.id for entry in entries if shown and entry.source not in shown.left_out]
    if not wanted or shown is None:
        return entries
    kept: dict[int, list[_Kept]] = {}
    for row in map(_Kept._make, db.execute(_KEPT, [json.dumps(wanted)])):
        kept.setdefault(row.article, []).append(row)
    return [_dressed(entry, kept[entry.id], shown.base) if entry.id in kept else entry for entry in entries]


def _dressed(entry: Entry, kept: Sequence[_Kept], base: str) -> Entry:
    addresses = {each.url: address(base, each.digest, EXTENSIONS[each.media_type]) for each in kept}
    lead = next((addresses[each.url] for each in kept if each.role == "image"), "")
    known = {each.url: each for each in kept}
    return replace(
        entry,
        content=with_kept(entry.content, addresses),
        image=addresses.get(entry.image, entry.image) or lead,
        enclosures=tuple(_enclosed(each, known, addresses) for each in entry.enclosures),
    )


def _enclosed(enclosure: Enclosure, kept: Mapping[str, _Kept], addresses: Mapping[str, str]) -> Enclosure:
    found = kept.get(enclosure.url)
    if found is None:
        return enclosure
    return replace(enclosure, url=addresses[enclosure.url], media_type=found.media_type, length=found.size)
