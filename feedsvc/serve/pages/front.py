"""The front page: what is here, the newest, the categories as a tree, and how to subscribe."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from feedsvc.serve.article_lists import FIRST, newest
from feedsvc.serve.category_tree import planted
from feedsvc.serve.charts import strip
from feedsvc.serve.context import served
from feedsvc.serve.day_counts import MONTH, by_category, until
from feedsvc.serve.page_responses import gathered

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from datasette import Response
    from markupsafe import Markup

    from feedsvc.serve.archive_reader import Row, Rows
    from feedsvc.serve.article_lists import Listing
    from feedsvc.serve.types import Datasette, Request

_NEWEST = 15
_PICTURED = 8  # categories at the top with their days
_CATEGORIES = 80  # the fullest; a parent is never emptier than its children, so that none loses its place


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/`."""
    site = served(datasette)
    return await gathered(datasette, request, site, "feedsvc_front.html", partial(_gather, zone=site.zone))


def _gather(rows: Rows, *, zone: ZoneInfo) -> dict[str, Any]:
    articles = newest(rows, FIRST, size=_NEWEST)
    today = datetime.now(zone).date()
    return {
        **rows.kept("front", partial(_standing, rows)),
        "newest": articles,
        "lately": rows.kept(("lately", zone.key, today), partial(_lately, rows, articles, zone)),
    }


def _standing(rows: Rows) -> dict[str, Any]:
    """Return what stays until something is ingested."""
    sources = rows("select name, title, kind, article_count, last_read from sources order by article_count desc, name")
    categories = rows(
        "select id, parent, path, name, slug, article_count from categories order by article_count desc, path limit ?",
        _CATEGORIES,
    )
    return {
        "sources": sources,
        "tree": planted(categories),
        "pictured": len(categories),
        "category_count": (rows.one("select count(*) as n from categories") or {})["n"],
        "article_count": sum(source["article_count"] for source in sources),
        "last_read": max((source["last_read"] or "" for source in sources), default=""),
    }


def _lately(rows: Rows, articles: Listing, zone: ZoneInfo) -> list[tuple[Row, Markup]]:
    """Return the categories at the top, each with a picture of its last days."""
    latest = max((each["sort_ts"] for each in articles.articles), default=None)
    span = until(latest, zone, MONTH, datetime.now(UTC))
    shares = by_category(rows, span, _PICTURED)
    most = max((max(share.days.values()) for share in shares), default=0)
    return [
        (share.category, strip(share.days, span.first, span.last, f"{share.category['name']}, articles by day", most))
        for share in shares
    ]
