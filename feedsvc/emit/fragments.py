"""Rendered entries: an article in five feeds is read and rendered once for each format.

    Mark --plain()--> bytes in memory, the least recently used forgotten first      subscription documents
    Mark --paged()--> bytes in the spool, for the length of one emission            closed pages

Memory is bounded by the limit of the first and by a number for each article in the second. A mark names a revision: an
article that is revised while an emission goes on is rendered again.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from feedsvc.formats import FORMATS
from feedsvc.formats.item import item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from feedsvc.formats.site import Site
    from feedsvc.model import Entry, Member
    from feedsvc.ports import FeedArticles, Spool

KEPT_BYTES: Final = 32 << 20

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_RECORD: Final = struct.Struct("<Lq")  # revision, `updated` in microseconds since 1970


@dataclass(frozen=True, slots=True)
class Plain:
    """One entry in some formats."""

    revision: int
    updated: datetime
    forms: Mapping[str, bytes]


class Paged(NamedTuple):
    """One entry in one format."""

    updated: int  # microseconds since 1970
    body: bytes


class Fragments:
    """The rendered entries of one emission for `site`."""

    def __init__(self, articles: FeedArticles, spool: Spool, site: Site, limit: int = KEPT_BYTES) -> None:
        self._articles = articles
        self._spool = spool
        self._site = site
        self._limit = limit  # bytes
        self._size = 0
        self._kept: OrderedDict[tuple[int, bool], Plain] = OrderedDict()
        self._places: dict[tuple[bool, str], dict[int, int]] = {}  # (full, form) -> article -> place in the spool

    def plain(self, marks: Sequence[Member], forms: Sequence[str], *, full: bool) -> list[Plain]:
        """Return the entries of `marks` in `forms`, in their order, without those that are withdrawn meanwhile."""
        found = self._at_hand(marks, forms, full=full)
        lacking = [mark.id for mark in marks if mark.id not in found]
        for entry in self._articles.entries_of(lacking) if lacking else ():
            found[entry.id] = self._keep((entry.id, full), self._rendered(entry, forms, full=full))
        return [found[mark.id] for mark in marks if mark.id in found]

    def paged(self, marks: Sequence[Member], form: str, *, full: bool) -> list[Paged]:
        """Return the entries of `marks` in `form`, in their order, without those that are withdrawn meanwhile."""
        places = self._places.setdefault((full, form), {})
        found = {mark.id: entry for mark in marks if (entry := self._spooled(mark, places))}
        lacking = [mark for mark in marks if mark.id not in found]
        for article, plain in self._lacking(lacking, form, full=full) if lacking else ():
            entry = Paged((plain.updated - _EPOCH) // _MICROSECOND, plain.forms[form])
            places[article] = self._spool.keep(_written(plain.revision, entry))
            found[article] = entry
        return [found[mark.id] for mark in marks if mark.id in found]

    def _lacking(self, marks: Sequence[Member], form: str, *, full: bool) -> Iterator[tuple[int, Plain]]:
        """Yield the entries of `marks` by article; what is rendered for a closed page is not kept: it is spooled at once."""
        at_hand = self._at_hand(marks, (form,), full=full)
        yield from at_hand.items()
        if lacking := [mark.id for mark in marks if mark.id not in at_hand]:
            for entry in self._articles.entries_of(lacking):
                yield entry.id, self._rendered(entry, (form,), full=full)

    def _at_hand(self, marks: Iterable[Member], forms: Sequence[str], *, full: bool) -> dict[int, Plain]:
        found: dict[int, Plain] = {}
        for mark in marks:
            kept = self._kept.get((mark.id, full))
            if kept and kept.revision == mark.revision and kept.forms.keys() >= set(forms):
                self._kept.move_to_end((mark.id, full))
                found[mark.id] = kept
        return found

    def _rendered(self, entry: Entry, forms: Sequence[str], *, full: bool) -> Plain:
        made = item(entry, self._site, full=full)
        return Plain(entry.revision, made.updated, {form: FORMATS[form].entry(made) for form in forms})

    def _keep(self, key: tuple[int, bool], plain: Plain) -> Plain:
        if before := self._kept.pop(key, None):
            self._size -= _size(before)
        self._kept[key] = plain
        self._size += _size(plain)
        while self._size > self._limit:
            self._size -= _size(self._kept.popitem(last=False)[1])
        return plain

    def _spooled(self, mark: Member, places: Mapping[int, int]) -> Paged | None:
        if mark.id not in places:
            return None
        record = self._spool.read(places[mark.id])
        revision, updated = _RECORD.unpack_from(record)
        if revision != mark.revision:
            return None
        return Paged(updated, record[_RECORD.size :])


def newest(entries: Iterable[Paged]) -> datetime:
    """Return the latest `updated` of `entries`, 1970 where there are none."""
    return _EPOCH + max((entry.updated for entry in entries), default=0) * _MICROSECOND


def _written(revision: int, entry: Paged) -> bytes:
    return _RECORD.pack(revision, entry.updated) + entry.body


def _size(plain: Plain) -> int:
    return sum(map(len, plain.forms.values()))
