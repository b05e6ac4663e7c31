"""The page of a category: what is above and below it, its articles, its feeds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from datasette import Response

from feedsvc.model import layout
from feedsvc.model.catalog import FORMATS
from feedsvc.serve.article_lists import of_category, place
from feedsvc.serve.category_tree import trail
from feedsvc.serve.context import served
from feedsvc.serve.feeds.conditional import prefers
from feedsvc.serve.page_responses import Asked, gathered
from feedsvc.serve.page_urls import document_address

if TYPE_CHECKING:
    from feedsvc.serve.archive_reader import Row, Rows
    from feedsvc.serve.page_urls import Links
    from feedsvc.serve.types import Datasette, Request


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/category/<path>`, by the path as people write it or by its slug; to who wants a feed, the way to it."""
    site = served(datasette)
    path = unquote(request.url_vars["path"])
    types = {form: FORMATS[form].media_type for form in site.links.formats}
    if form := prefers(request.headers.get("accept", ""), types):
        category = await site.reader.read(partial(found, path=path))
        if category:
            feed = site.links.to(document_address(layout.category(category["slug"]), form))
            return Response.redirect(feed, status=303, headers={"Vary": "Accept"})
    gather = partial(_gather, path=path, after=Asked(request)["after"], links=site.links)
    answer = await gathered(datasette, request, site, "feedsvc_category.html", gather)
    answer.headers = {**answer.headers, "Vary": "Accept"}
    return answer


def found(rows: Rows, path: str) -> Row | None:
    """Return the category at `path`, which may be its slug."""
    columns = "select id, path, name, slug, article_count, latest from categories"
    return rows.one(f"{columns} where path = ?", path) or rows.one(f"{columns} where slug = ?", path)


def _gather(rows: Rows, *, path: str, after: str, links: Links) -> dict[str, Any] | None:
    category = found(rows, path)
    if category is None:
        return None
    feeds = links.feeds(layout.category(category["slug"]), category["path"])
    return {
        "category": category,
        "trail": trail(category["path"])[:-1],
        "below": rows(
            "select path, name, slug, article_count from categories where parent = ? order by article_count desc, path",
            category["id"],
        ),
        "listing": of_category(rows, category["path"], place(after)),
        "after": after,
        "feeds": feeds,
        "autodiscovery": feeds,
    }
