"""The page of the feeds: every one that there is, to subscribe to or to copy."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from feedsvc.model.layout import CUSTOM
from feedsvc.serve.context import served
from feedsvc.serve.page_responses import gathered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from datasette import Response

    from feedsvc.serve.archive_reader import Rows
    from feedsvc.serve.types import Datasette, Request


Newest: TypeAlias = tuple[int, str]  # seconds since 1970, language

_LOOKED_AT = 50  # articles, as many as a feed holds
_LANGUAGES = 3  # that are named
_OF_CATEGORY = (
    "select h.sort_ts, h.language from article_categories ac join articles h indexed by articles_hits on h.id = ac.article"
    " where ac.category = ? order by ac.sort_ts desc limit ?"
)
_OF_SOURCE = "select sort_ts, language from articles where source = ? order by sort_ts desc limit ?"


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
    """Return categories and sources, each with the languages and the date of its newest articles."""
    categories = rows("select id, path, slug, depth, article_count from categories order by path")
    sources = rows("select name, title, article_count from sources where article_count > 0 order by name")
    newest: dict[str, list[Newest]] = {}
    for each in categories:  # a category shows what is below it, and its row stands before theirs
        names = each["path"].split("/")
        found = rows.tuples(_OF_CATEGORY, each["id"], _LOOKED_AT)
        for depth in range(1, len(names) + 1):
            newest.setdefault("/".join(names[:depth]), []).extend(found)
    return {
        "categories": [{**each, **_about(newest[each["path"]])} for each in categories],
        "sources": [{**each, **_about(rows.tuples(_OF_SOURCE, each["name"], _LOOKED_AT))} for each in sources],
    }


def _about(newest: Sequence[Newest]) -> dict[str, Any]:
    shown = sorted(newest, reverse=True)[:_LOOKED_AT]
    languages = Counter(language for _, language in shown if language)
    return {
        "languages": [language for language, _ in languages.most_common(_LANGUAGES)],
        "latest": datetime.fromtimestamp(shown[0][0], UTC).isoformat() if shown else "",
    }


def _custom(feeds: Path, formats: tuple[str, ...]) -> set[str]:
    """Return the slugs of the feeds that the configuration makes, as they lie there."""
    return {path.stem for path in feeds.glob(f"{CUSTOM}*") if path.suffix.lstrip(".") in formats}
