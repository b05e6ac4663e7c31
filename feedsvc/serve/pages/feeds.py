"""The page of the feeds: every one that there is, to subscribe to or to copy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from feedsvc.model.layout import CUSTOM
from feedsvc.serve.context import served
from feedsvc.serve.feed_summaries import of_categories, of_sources
from feedsvc.serve.page_responses import gathered

if TYPE_CHECKING:
    from pathlib import Path

    from datasette import Response

    from feedsvc.serve.archive_reader import Rows
    from feedsvc.serve.types import Datasette, Request


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/feeds/`."""
    site = served(datasette)

    def gather(rows: Rows) -> dict[str, Any]:
        return {
            **rows.kept("feeds", partial(_archived, rows)),
            "custom": sorted(_custom(site.feeds, site.links.formats)),
        }

    return await gathered(datasette, request, site, "feedsvc_feeds.html", gather)


def _archived(rows: Rows) -> dict[str, Any]:
    """Return what stays until something is ingested: categories and sources, each with what is said of it."""
    return {"categories": of_categories(rows), "sources": of_sources(rows)}


def _custom(feeds: Path, formats: tuple[str, ...]) -> set[str]:
    """Return the slugs of the feeds that the configuration makes, as they lie there."""
    return {path.stem for path in feeds.glob(f"{CUSTOM}*") if path.suffix.lstrip(".") in formats}
