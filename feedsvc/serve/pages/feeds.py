"""The page of the feeds: every one that there is, to subscribe to or to copy."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from feedsvc.model import layout
from feedsvc.serve.context import served
from feedsvc.serve.feed_summaries import of_categories, of_sources
from feedsvc.serve.page_responses import gathered, moment

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from datasette import Response

    from feedsvc.serve.archive_reader import Row, Rows
    from feedsvc.serve.page_urls import Links
    from feedsvc.serve.types import Datasette, Request

_DEEPEST = 6  # steps to the right


class _Line(NamedTuple):
    """One line of a list, ready for the template: thousands of them cost it a tenth of what their making would."""

    depth: int
    href: str
    name: str
    articles: str
    about: Markup
    feeds: Markup


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/feeds/`."""
    site = served(datasette)

    def gather(rows: Rows) -> dict[str, Any]:
        lists = partial(_lists, rows, site.links, site.zone)
        return {
            **rows.kept(("feeds", site.links, site.zone.key), lists),
            "custom": sorted(_custom(site.feeds, site.links.formats)),
        }

    return await gathered(datasette, request, site, "feedsvc_feeds.html", gather)


def _lists(rows: Rows, links: Links, zone: ZoneInfo) -> dict[str, list[_Line]]:
    """Return what stays until something is ingested: a line for each category, and for each source."""
    when = moment(zone)

    def line(row: Row, depth: int, href: str, name: str, feeds: Markup) -> _Line:
        newest = f"newest {when(row['latest'])}" if row["latest"] else ""
        about = " · ".join(part for part in (escape(", ".join(row["languages"])), newest) if part)
        # languages are escaped, and `moment` returns HTML
        return _Line(min(depth, _DEEPEST), href, name, f"{row['article_count']:,}", Markup(about), feeds)  # noqa: S704

    def category(row: Row) -> _Line:
        feeds = links.anchors(links.feeds(layout.category(row["slug"]), row["path"]))
        return line(row, row["depth"], links.category(row["slug"]), row["path"].rpartition("/")[2], feeds)

    def source(row: Row) -> _Line:
        name = row["title"] or row["name"]
        feeds = links.anchors(links.feeds(layout.source(row["name"]), name))
        return line(row, 0, links.source(row["name"]), name, feeds)

    return {
        "categories": [category(row) for row in of_categories(rows)],
        "sources": [source(row) for row in of_sources(rows)],
    }


def _custom(feeds: Path, formats: tuple[str, ...]) -> set[str]:
    """Return the slugs of the feeds that the configuration makes, as they lie there."""
    return {path.stem for path in feeds.glob(f"{layout.CUSTOM}*") if path.suffix.lstrip(".") in formats}
