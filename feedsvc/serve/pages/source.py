"""The page of a source: what it is, its articles, its feeds, and for the operator how it is doing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from feedsvc.model import layout
from feedsvc.serve.article_lists import newest, place
from feedsvc.serve.charts import Spell, calendar, health
from feedsvc.serve.context import served
from feedsvc.serve.day_counts import YEAR, of_source, until
from feedsvc.serve.page_responses import Asked, gathered, parsed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from datasette import Response
    from markupsafe import Markup

    from feedsvc.serve.archive_reader import Row, Rows
    from feedsvc.serve.page_urls import Links
    from feedsvc.serve.types import Datasette, Request

_RUNS = 40  # in the table
_KEPT = 1_000  # in the picture; ops.db has no more of one source
_SPELLS = 60  # columns of the picture
_OK = ("ok", "unchanged")


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/source/<name>`."""
    site = served(datasette)
    name = unquote(request.url_vars["name"])
    gather = partial(_gather, name=name, after=Asked(request)["after"], links=site.links, zone=site.zone)
    health = partial(_health, name=name, zone=site.zone)
    return await gathered(datasette, request, site, "feedsvc_source.html", gather, health)


def _gather(rows: Rows, *, name: str, after: str, links: Links, zone: ZoneInfo) -> dict[str, Any] | None:
    source = rows.one(
        "select name, kind, title, site_url, language, first_seen, last_read, article_count from sources where name = ?",
        name,
    )
    if source is None:
        return None
    feeds = links.feeds(layout.source(name), source["title"] or name)
    return {
        "source": source,
        "listing": newest(rows, place(after), source=name),
        "after": after,
        "feeds": feeds,
        "autodiscovery": feeds,
        "state": None,
        "runs": (),
        "day_by_day": _day_by_day(rows, name, zone),
    }


def _day_by_day(rows: Rows, name: str, zone: ZoneInfo) -> Markup:
    """Return a picture of the year that ends with the newest article; without a date it counts where it was first seen."""
    latest = rows.one("select max(sort_ts) as newest from articles where source = ?", name) or {}
    span = until(latest["newest"], zone, YEAR, datetime.now(UTC))
    return calendar(of_source(rows, name, span), span.first, span.last, "Articles by day")


def _health(rows: Rows, *, name: str, zone: ZoneInfo) -> dict[str, Any]:
    runs = rows(
        "select started, outcome, seen, added, revised, moved, failed, error from runs where source = ?"
        " order by id desc limit ?",
        *(name, _KEPT),
    )
    return {
        "state": rows.one(
            "select due, failures, last_try, last_ok, last_change, error, error_kind, stopped from source_state where source = ?",
            name,
        ),
        "runs": runs[:_RUNS],
        "over_time": health(_spells(runs, zone), "Runs over time") if len(runs) > 1 else "",
    }


def _spells(runs: Sequence[Row], zone: ZoneInfo) -> list[Spell]:
    """Return the runs in equal stretches of time, the oldest first."""
    ended = [(when, run["outcome"] in _OK) for run in runs if (when := parsed(run["started"]))]
    first, last = min(when for when, _ in ended), max(when for when, _ in ended)
    step = max((last - first) / (_SPELLS - 1), timedelta(minutes=1))
    counts = Counter((int((when - first) / step), good) for when, good in ended)
    return [
        Spell(f"{(first + place * step).astimezone(zone):%Y-%m-%d %H:%M}", counts[place, True], counts[place, False])
        for place in range(int((last - first) / step) + 1)
    ]
