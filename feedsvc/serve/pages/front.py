"""The front page: what is here, the newest, the categories as a tree, and how to subscribe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedsvc.serve.answers import gathered
from feedsvc.serve.lists import FIRST, newest
from feedsvc.serve.site import served
from feedsvc.serve.tree import planted

if TYPE_CHECKING:
    from datasette import Response

    from feedsvc.serve.reading import Rows
    from feedsvc.serve.untyped import Datasette, Request

_NEWEST = 20
_CATEGORIES = 250  # the fullest; a parent is never emptier than its children, so that none loses its place


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/`."""
    return await gathered(datasette, request, served(datasette), "feedsvc_front.html", _gather)


def _gather(rows: Rows) -> dict[str, Any]:
    sources = rows("select name, title, kind, article_count, last_read from sources order by article_count desc, name")
    categories = rows(
        "select id, parent, path, name, slug, article_count from categories order by article_count desc, path limit ?",
        _CATEGORIES,
    )
    return {
        "newest": newest(rows, FIRST, size=_NEWEST),
        "sources": sources,
        "tree": planted(categories),
        "category_count": (rows.one("select count(*) as n from categories") or {})["n"],
        "article_count": sum(source["article_count"] for source in sources),
        "last_read": max((source["last_read"] or "" for source in sources), default=""),
    }
