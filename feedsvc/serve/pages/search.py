"""The search page: what words find, newest first or most relevant first, narrowed by category, source, language and year.

The hits that were archived last are looked at, at most `_WINDOW` of them: enough to read, and the costs have an end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from feedsvc.serve.article_lists import below, by_ids, with_categories
from feedsvc.serve.charts import Bar, bars
from feedsvc.serve.context import served
from feedsvc.serve.excerpts import excerpts
from feedsvc.serve.page_responses import Asked, gathered
from feedsvc.store.search_index import NOTHING
from feedsvc.store.search_index import asked as asked_of_index

if TYPE_CHECKING:
    from datasette import Response
    from markupsafe import Markup

    from feedsvc.serve.archive_reader import Rows
    from feedsvc.serve.types import Datasette, Request
    from feedsvc.store.search_index import Match

_WINDOW = 1_000
_PAGE = 30
_DAY = 86_400  # seconds
_PICTURE = 8  # hits; fewer make no picture
_YEARS = 6  # that hits lie apart; closer ones are counted by month
_CHOICES = 12  # values of one facet that are offered
_STANDING = "a.id not in (select id from articles where withdrawn is not null)"  # an index has the few that are
_FOUND = (  # what the index matches: condition, number of the article, tables
    "articles_fts match ?",
    "articles_fts.rowid",
    "articles_fts join articles a indexed by articles_hits on a.id = articles_fts.rowid",
)
_BUT = (  # everything but that
    "a.id not in (select rowid from articles_fts where articles_fts match ?)",
    "a.id",
    "articles a indexed by articles_hits",
)
_SORTS = {"": "sort_ts desc, id desc", "relevance": "score, id desc"}
FACETS = {"category": "Category", "source": "Source", "language": "Language", "year": "Year"}


class Hits(NamedTuple):
    """What was found, column by column, in order; as little of it as order, facets and the timeline need."""

    ids: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()  # since 1970
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What is searched for, as the URL says it."""

    words: str
    category: str = ""
    source: str = ""
    language: str = ""
    year: str = ""
    sort: str = ""
    page: int = 1

    def query(self, **changed: object) -> dict[str, object]:
        """Return the query of a URL that asks for this with `changed` in it, from the first page on."""
        asked = {"q": self.words, "category": self.category, "source": self.source, "language": self.language}
        return {**asked, "year": self.year, "sort": self.sort, **changed}


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/search?q=`."""
    asked = Asked(request)
    number = asked["page"]
    wanted = SearchRequest(
        words=asked["q"],
        **{name: asked[name] for name in FACETS},
        sort="relevance" if asked["sort"] == "relevance" else "",
        page=max(1, min(int(number), _WINDOW // _PAGE)) if number.isdecimal() else 1,
    )
    return await gathered(datasette, request, served(datasette), "feedsvc_search.html", partial(_gather, wanted=wanted))


def _gather(rows: Rows, *, wanted: SearchRequest) -> dict[str, Any]:
    match = asked_of_index(wanted.words)
    hits = _hits(rows, match, wanted) if match.expression != NOTHING else Hits()
    first = (wanted.page - 1) * _PAGE
    ids = hits.ids[first : first + _PAGE]
    articles = with_categories(rows, by_ids(rows, ids)) if ids else ()
    found = excerpts(rows, wanted.words, NOTHING if match.everything_but else match.expression, ids)
    return {
        "wanted": wanted,
        "hits": len(hits.ids),
        "capped": len(hits.ids) >= _WINDOW,
        "articles": [{**each, **found.get(each["id"], {})} for each in articles],
        "facets": _facets(rows, hits, wanted) if hits.ids else {},
        "names": FACETS,
        "more": len(hits.ids) > first + _PAGE,
        "first": first,
        "timeline": _timeline(hits),
    }


def _hits(rows: Rows, match: Match, wanted: SearchRequest) -> Hits:
    matching, number, tables = _BUT if match.everything_but else _FOUND
    conditions, values = [matching, _STANDING], [match.expression]
    for column, value in (("a.source", wanted.source), ("a.language", wanted.language)):
        if value:
            conditions.append(f"{column} = ?")
            values.append(value)
    if wanted.year:
        conditions.append("strftime('%Y', a.sort_ts, 'unixepoch') = ?")
        values.append(wanted.year)
    if wanted.category:
        inside = ",".join(str(each["id"]) for each in below(rows, wanted.category))
        conditions.append(f"exists (select 1 from article_categories where article = a.id and category in ({inside}))")
    ranked = wanted.sort and not match.everything_but  # what has none of the words has them all equally
    score = "bm25(articles_fts, 8.0, 4.0, 1.0)" if ranked else "0"
    found = rows.tuples(
        f"select id, sort_ts, source, language from (select a.id, a.sort_ts, a.source, a.language, {score} as score"
        f" from {tables} where {' and '.join(conditions)} order by {number} desc limit {_WINDOW})"
        f" order by {_SORTS[wanted.sort if ranked else '']}",
        *values,
    )
    return Hits(*zip(*found, strict=True)) if found else Hits()


def _facets(rows: Rows, hits: Hits, wanted: SearchRequest) -> dict[str, list[tuple[str, int]]]:
    return {
        "category": _categories(rows, hits, wanted.category),
        "source": Counter(hits.sources).most_common(_CHOICES),
        "language": [pair for pair in Counter(hits.languages).most_common(_CHOICES) if pair[0]],
        "year": sorted(_counted(hits, "%Y").items(), reverse=True)[:_CHOICES],
    }


def _categories(rows: Rows, hits: Hits, above: str) -> list[tuple[str, int]]:
    """Return the categories of the hits one step below `above`, the fullest first; an article counts once in each."""
    depth = above.count("/") + 1 if above else 0
    shown = {
        number: "/".join(path.split("/")[: depth + 1])
        for number, path in rows.kept("paths", lambda: rows.tuples("select id, path from categories"))
        if not above or path.startswith(f"{above}/")
    }
    marks = ",".join("?" * len(hits.ids))
    pairs = rows.tuples(f"select article, category from article_categories where article in ({marks})", *hits.ids)
    counted = Counter(path for _, path in {(article, shown[number]) for article, number in pairs if number in shown})
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:_CHOICES]


def _timeline(hits: Hits) -> Markup | str:
    """Return the hits over the years, or over the months when they lie close together; "" when there are few."""
    if len(hits.ids) < _PICTURE:
        return ""
    first, last = (datetime.fromtimestamp(end(hits.seconds), UTC) for end in (min, max))
    if last.year - first.year >= _YEARS:
        counted = _counted(hits, "%Y")
        labels = [str(year) for year in range(first.year, last.year + 1)]
    else:
        counted = _counted(hits, "%Y-%m")
        months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
        labels = [f"{month // 12}-{month % 12 + 1:02}" for month in months]
    return bars([Bar(label, counted[label]) for label in labels], "Hits over time")


def _counted(hits: Hits, form: str) -> Counter[str]:
    """Return how many hits each year or month has, as `strftime` writes it; by day first, since a date costs more than a number."""
    counted: Counter[str] = Counter()
    for day, number in Counter(seconds // _DAY for seconds in hits.seconds).items():
        counted[datetime.fromtimestamp(day * _DAY, UTC).strftime(form)] += number
    return counted
