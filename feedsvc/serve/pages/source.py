"""The page of a source: what it is, its articles, its feeds, and for the operator how it is doing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from feedsvc.serve.answers import Asked, gathered, missing, page
from feedsvc.serve.lists import newest, place
from feedsvc.serve.site import served

if TYPE_CHECKING:
    from datasette import Response

    from feedsvc.serve.links import Links
    from feedsvc.serve.reading import Rows
    from feedsvc.serve.untyped import Datasette, Request

_RUNS = 40


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/source/<name>`."""
    site = served(datasette)
    name = unquote(request.url_vars["name"])
    gather = partial(_gather, name=name, after=Asked(request)["after"], links=site.links)
    if site.ops is None:
        return await gathered(datasette, request, site, "feedsvc_source.html", gather)
    context = await site.reader.read(gather)
    if context is None:
        return await missing(datasette, request, site)
    health = await site.ops.read(partial(_health, name=name))
    return await page(datasette, request, site, "feedsvc_source.html", {**context, **health})


def _gather(rows: Rows, *, name: str, after: str, links: Links) -> dict[str, Any] | None:
    source = rows.one(
        "select name, kind, title, site_url, language, first_seen, last_read, article_count from sources where name = ?",
        name,
    )
    if source is None:
        return None
    feeds = links.feeds(f"source/{name}", source["title"] or name)
    return {
        "source": source,
        "listing": newest(rows, place(after), source=name),
        "after": after,
        "feeds": feeds,
        "autodiscovery": feeds,
        "state": None,
        "runs": (),
    }


def _health(rows: Rows, *, name: str) -> dict[str, Any]:
    return {
        "state": rows.one(
            "select due, failures, last_try, last_ok, last_change, error, error_kind, stopped from source_state where source = ?",
            name,
        ),
        "runs": rows(
            "select started, outcome, seen, added, revised, moved, failed, error from runs where source = ? order by id desc limit ?",
            name,
            _RUNS,
        ),
    }
