"""Counts of articles by day, for pictures: each from an index, and none that costs more the older the archive gets.

Days are those of the service's zone at its present offset from UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from feedsvc.serve.page_responses import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from feedsvc.serve.archive_reader import Row, Rows

YEAR = 364  # days: 52 weeks
MONTH = 28  # days
_DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days from `first` to `last`, both in it."""

    first: date
    last: date
    offset: int  # seconds that the service's zone is ahead of UTC

    @property
    def begin(self) -> int:
        """Return the first second, since 1970 in UTC."""
        return (self.first - _EPOCH).days * _DAY - self.offset

    @property
    def end(self) -> int:
        """Return the second behind the last one."""
        return ((self.last - _EPOCH).days + 1) * _DAY - self.offset


def until(newest: int | None, zone: ZoneInfo, days: int, now: datetime) -> Span:
    """Return the `days` days that end today, or on that of `newest` (seconds since 1970) when it is longer ago."""
    today = now.astimezone(zone)
    offset = int((today.utcoffset() or timedelta()).total_seconds())
    last = today.date() if newest is None else min(today.date(), day_of(newest, offset))
    return Span(first=last - timedelta(days=days - 1), last=last, offset=offset)


def day_of(seconds: int, offset: int) -> date:
    """Return the day of an instant."""
    return _EPOCH + timedelta(days=(seconds + offset) // _DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A category at the top, and its articles by day."""

    category: Row
    days: Mapping[date, int]


def by_category(rows: Rows, span: Span, limit: int) -> list[Share]:
    """Return the fullest categories at the top with their articles by day of publication; those without any are left out."""
    found: dict[int, dict[date, int]] = {}
    tops = {
        row["id"]: row
        for row in rows(
            "select id, name, slug, path from categories where parent is null order by article_count desc, path limit ?",
            limit,
        )
    }
    for row in rows(
        "select t.id, (ac.sort_ts + ?) / ? as day, count(distinct ac.article) as number"
        f" from categories t join categories c on c.path = t.path or (c.path > t.path || '/' and c.path < t.path || '0')"
        " cross join article_categories ac on ac.category = c.id and ac.sort_ts >= ? and ac.sort_ts < ?"
        f" where t.id in ({','.join('?' * len(tops))}) group by t.id, day",
        *(span.offset, _DAY, span.begin, span.end, *tops),
    ):
        found.setdefault(row["id"], {})[_EPOCH + timedelta(days=row["day"])] = row["number"]
    return [Share(category=tops[number], days=found[number]) for number in tops if number in found]


def of_source(rows: Rows, name: str, span: Span) -> dict[date, int]:
    """Return how many articles of a source were published, or first seen where nobody knows that, on each day."""
    found = rows(
        "select (sort_ts + ?) / ? as day, count(*) as number from articles"
        " where source = ? and sort_ts >= ? and sort_ts < ? group by day",
        *(span.offset, _DAY, name, span.begin, span.end),
    )
    return {_EPOCH + timedelta(days=row["day"]): row["number"] for row in found}


def ingested(rows: Rows, zone: ZoneInfo, now: datetime) -> tuple[Span, dict[date, int]]:
    """Return a year, and how many articles were first seen on each day of it.

    Articles are numbered as they come in, and none is deleted: where two are of one day, so are all between them. So this
    looks at a few for each day, whatever the day brought; `first_seen` needs no index.
    """
    ends = rows.one("select min(id) as low, max(id) as high from articles") or {}
    if ends["high"] is None:
        return until(None, zone, YEAR, now), {}
    seen = _Seen(rows, now.astimezone(zone).utcoffset() or timedelta())
    newest = datetime.combine(seen.day(ends["high"]), datetime.min.time(), UTC) - seen.offset
    span = until(int(newest.timestamp()), zone, YEAR, now)
    counts: dict[date, int] = {}
    waiting = [(ends["low"], ends["high"])]
    while waiting:
        low, high = waiting.pop()
        first, last = seen.day(low), seen.day(high)
        if first == last or low >= high:
            counts[last] = counts.get(last, 0) + high - low + 1
        elif last >= span.first:
            middle = (low + high) // 2
            waiting += [(low, middle), (middle + 1, high)]
    return span, {day: number for day, number in counts.items() if day >= span.first}


class _Seen:
    """On which day articles were first seen, by their number."""

    def __init__(self, rows: Rows, offset: timedelta) -> None:
        self._rows = rows
        self.offset = offset
        self._known: dict[int, date] = {}

    def day(self, number: int) -> date:
        if number not in self._known:
            row = self._rows.one("select first_seen from articles where id >= ? order by id limit 1", number)
            when = parsed(row["first_seen"]) if row else None
            self._known[number] = (when + self.offset).date() if when else _EPOCH
        return self._known[number]
