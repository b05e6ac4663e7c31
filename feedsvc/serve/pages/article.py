"""The page of an article: to read it, to know where each fact comes from, and what it said before."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from feedsvc.model import layout
from feedsvc.model.article import COLUMNS
from feedsvc.model.catalog import EVIDENCE
from feedsvc.pictures import EXTENSIONS
from feedsvc.pictures.substitution import address, with_kept
from feedsvc.serve.context import served
from feedsvc.serve.page_responses import Asked, Notice, gathered
from feedsvc.serve.text_diff import compared

if TYPE_CHECKING:
    from datasette import Response

    from feedsvc.serve.archive_reader import Row, Rows
    from feedsvc.serve.context import ServedArchive
    from feedsvc.serve.page_responses import Found
    from feedsvc.serve.types import Datasette, Request

_DIFF = re.compile(r"(\d{1,6})\.\.(\d{1,6})")
_NEIGHBOUR = "select a.uuid, a.title, a.language from article_categories ac join articles a on a.id = ac.article"


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/articles/<uuid>`, `?revision=n` and `?diff=a..b`; 410 for a withdrawn one."""
    site = served(datasette)
    asked = Asked(request)
    gather = partial(
        _gather, uuid=request.url_vars["uuid"].lower(), revision=asked["revision"], diff=asked["diff"], site=site
    )
    return await gathered(datasette, request, site, "feedsvc_article.html", gather)


def _gather(rows: Rows, *, uuid: str, revision: str, diff: str, site: ServedArchive) -> Found:
    article = rows.one("select * from articles where uuid = ?", uuid)
    shown = _shown(rows, article, revision) if article else None
    if article is None or shown is None:
        return None
    if article["withdrawn"]:
        why = article["withdrawn_why"] or "The operator of this archive took it back."
        return Notice(410, "This article was withdrawn", why)
    number = article["id"]
    pictures = _pictures(rows, number, site)
    addresses = {each["url"]: each["kept_at"] for each in pictures}
    categories = rows(
        "select c.path, c.slug, c.name from article_categories ac join categories c on c.id = ac.category"
        " where ac.article = ? order by c.path",
        number,
    )
    return {
        "article": article,
        "shown": shown,
        "content": Markup(with_kept(shown["content"] or "", addresses)),  # noqa: S704 - sanitised when it was archived; CSP is the second gate
        "facts": _facts(article),
        "provenance": _provenance(article["published_from"]),
        "people": rows(
            "select a.name, aa.role from article_authors aa join authors a on a.id = aa.author where aa.article = ?"
            " order by aa.position",
            number,
        ),
        "categories": categories,
        "tags": _list(article["tags"]),
        "enclosures": _list(article["enclosures"]),
        "pictures": pictures,
        "source": rows.one("select name, title, kind, site_url from sources where name = ?", article["source"]),
        "revisions": rows(
            "select revision, seen, origin, announced, why, title from revisions where article = ? order by revision desc",
            number,
        ),
        "repairs": rows("select rule, field, before, after from repairs where article = ? order by position", number),
        "also_in": rows(
            "select a.uuid, a.title, a.source, o.why from also_in o join articles a on a.id = o.other"
            " where o.article = ? and a.withdrawn is null order by a.id",
            number,
        ),
        "difference": _difference(rows, article, diff),
        **_neighbours(rows, article),
        "autodiscovery": [
            *(feed for each in categories for feed in site.links.feeds(layout.category(each["slug"]), each["path"])),
            *site.links.feeds(layout.source(article["source"]), article["source"]),
        ],
    }


def _facts(article: Row) -> list[tuple[str, Any]]:
    """Return the facts that have a label, each with it."""
    named = ((each.label, article[name]) for name, each in COLUMNS.items() if each.label)
    return [(label, value) for label, value in named if value not in ("", None)]


def _provenance(evidence: str) -> str:
    """Return in words what the publication date was read from."""
    return (
        EVIDENCE[evidence].words
        if evidence in EVIDENCE
        else f"read from {evidence!r}, which this version does not know"
    )


def _pictures(rows: Rows, article: int, site: ServedArchive) -> list[Row]:
    """Return the kept pictures of an article, each with the address at which we show it."""
    found = rows(
        "select m.url, m.digest, d.media_type, d.bytes, d.width, d.height, d.kept from article_media m"
        " join media d on d.digest = m.digest where m.article = ? order by d.kept, m.url",
        article,
    )
    return [
        {**each, "kept_at": address(site.links.base, each["digest"], EXTENSIONS[each["media_type"]])} for each in found
    ]


def _shown(rows: Rows, article: Row, revision: str) -> Row | None:
    """Return the text of the revision asked for; of the current one when none is, None when there is no such one."""
    if not revision or revision == str(article["revision"]):
        return {**article, "current": True}
    if not revision.isdecimal():
        return None
    old = _revision(rows, article, int(revision[:9]))
    return {**old, "current": False} if old else None


def _revision(rows: Rows, article: Row, revision: int) -> Row | None:
    """Return a revision whole: the body of the current one stands in `articles` alone."""
    found = rows.one("select * from revisions where article = ? and revision = ?", article["id"], revision)
    if found and found["content"] is None:
        return {**found, "content": article["content"], "text": article["text"]}
    return found


def _difference(rows: Rows, article: Row, asked: str) -> dict[str, Any] | None:
    found = _DIFF.fullmatch(asked)
    if not found:
        return None
    before, after = (_revision(rows, article, int(number)) for number in found.groups())
    if before is None or after is None:
        return None
    changes = {
        field: (before[field], after[field])
        for field in ("title", "author", "url", "image")
        if before[field] != after[field]
    }
    return {
        "before": before,
        "after": after,
        "fields": changes,
        "paragraphs": compared(before["text"] or "", after["text"] or ""),
    }


def _neighbours(rows: Rows, article: Row) -> dict[str, Row | None]:
    """Return what was published before and after it in its first category."""
    leaf = rows.one("select category from article_categories where article = ? order by category", article["id"])
    if leaf is None:
        return {"earlier": None, "later": None}
    where = [leaf["category"], article["sort_ts"], article["sort_ts"], article["id"]]
    return {
        "earlier": rows.one(
            f"{_NEIGHBOUR} where ac.category = ? and ac.sort_ts <= ? and (ac.sort_ts < ? or ac.article > ?)"
            " and a.withdrawn is null order by ac.sort_ts desc, ac.article limit 1",
            *where,
        ),
        "later": rows.one(
            f"{_NEIGHBOUR} where ac.category = ? and ac.sort_ts >= ? and (ac.sort_ts > ? or ac.article < ?)"
            " and a.withdrawn is null order by ac.sort_ts, ac.article desc limit 1",
            *where,
        ),
    }


def _list(text: str) -> list[Any]:
    """Return a JSON array of the archive; what is none counts as empty."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return found if isinstance(found, list) else []
