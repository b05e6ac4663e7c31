"""The page of the feeds: every one that there is, to subscribe to or to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedsvc.serve.answers import gathered
from feedsvc.serve.site import served

if TYPE_CHECKING:
    from pathlib import Path

    from datasette import Response

    from feedsvc.serve.reading import Rows
    from feedsvc.serve.untyped import Datasette, Request


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/feeds/`."""
    site = served(datasette)

    def gather(rows: Rows) -> dict[str, Any]:
        return {
            "categories": rows("select path, slug, depth, article_count from categories order by path"),
            "sources": rows("select name, title, article_count from sources where article_count > 0 order by name"),
            "custom": sorted(_custom(site.feeds, site.links.formats)),
        }

    return await gathered(datasette, request, site, "feedsvc_feeds.html", gather)


def _custom(feeds: Path, formats: tuple[str, ...]) -> set[str]:
    """Return the slugs of the feeds that the configuration makes, as they lie there."""
    return {path.stem for path in feeds.glob("custom/*") if path.suffix.lstrip(".") in formats}
