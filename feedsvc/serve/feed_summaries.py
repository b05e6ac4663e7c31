"""What the page of the feeds says of each category and source: the languages and the date of its newest articles.

    categories, sources -> one query each: (key, -sort_ts, article) of the newest of each -> one pass over the tree, from the
    leaves up: of a category and of what is below it, each article once -> languages of those articles, each asked for once

A query for each of 3,000 categories took twice as long. Withdrawn articles are left out: no feed has them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from heapq import nsmallest
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from feedsvc.serve.archive_reader import Row, Rows

Newest: TypeAlias = tuple[int, int]  # minus seconds since 1970, id of an article: the newest comes first

LOOKED_AT: Final = 50  # articles, as many as a feed holds
NAMED: Final = 3  # languages
_BATCH = 1_000  # ids that one query names
_EVER = -(1 << 62)  # before every instant
_STANDING = "not in (select id from articles where withdrawn is not null)"  # an index has the few that are
# The instant of the last article that is looked at is found first: the index of a key is read that far, and no further.
_OF_CATEGORIES = f"""
    select c.id, -ac.sort_ts, ac.article from categories c cross join article_categories ac on ac.category = c.id
    where ac.article {_STANDING} and ac.sort_ts >= ifnull((
        select sort_ts from article_categories where category = c.id and article {_STANDING}
        order by sort_ts desc limit 1 offset {LOOKED_AT - 1}), {_EVER})
    order by c.id, ac.sort_ts desc, ac.article"""
_OF_SOURCES = f"""
    select s.name, -a.sort_ts, a.id from sources s cross join articles a indexed by articles_source_sort on a.source = s.name
    where a.id {_STANDING} and a.sort_ts >= ifnull((
        select sort_ts from articles indexed by articles_source_sort where source = s.name and id {_STANDING}
        order by sort_ts desc limit 1 offset {LOOKED_AT - 1}), {_EVER})
    order by s.name, a.sort_ts desc, a.id"""


def of_categories(rows: Rows) -> list[Row]:
    """Return every category in the order of the paths, with `languages` and `latest` (ISO 8601 UTC, "" = no article)."""
    categories = rows("select id, parent, path, slug, depth, article_count from categories order by path")
    newest: defaultdict[int, Sequence[Newest]] = defaultdict(list, _grouped(rows, _OF_CATEGORIES))
    below: defaultdict[int, set[Newest]] = defaultdict(set)
    for each in reversed(categories):  # what is below a category stands behind it
        number = each["id"]
        newest[number] = nsmallest(LOOKED_AT, below.pop(number, set()).union(newest[number]))
        if each["parent"]:
            below[each["parent"]].update(newest[number])
    return _told(rows, categories, "id", newest)


def of_sources(rows: Rows) -> list[Row]:
    """Return every source that has articles in the order of the names, with `languages` and `latest` as above."""
    sources = rows("select name, title, article_count from sources where article_count > 0 order by name")
    return _told(rows, sources, "name", _grouped(rows, _OF_SOURCES))


def _grouped(rows: Rows, sql: str) -> dict[Any, Sequence[Newest]]:
    """Return the newest articles by key; those of one second beyond the number are read, and not kept."""
    groups = groupby(rows.plain(sql), itemgetter(0))
    return {key: [(age, article) for _, age, article in islice(group, LOOKED_AT)] for key, group in groups}


def _told(rows: Rows, feeds: Sequence[Row], key: str, newest: Mapping[Any, Sequence[Newest]]) -> list[Row]:
    languages = _languages(rows, {article for found in newest.values() for _, article in found})
    return [{**each, **_about(newest.get(each[key], ()), languages)} for each in feeds]


def _languages(rows: Rows, articles: Collection[int]) -> dict[int, str]:
    """Return the language of each of `articles`, "" = not known."""
    found: dict[int, str] = {}
    wanted = sorted(articles)
    for first in range(0, len(wanted), _BATCH):
        batch = wanted[first : first + _BATCH]
        marks = ",".join("?" * len(batch))
        found.update(
            rows.plain(f"select id, language from articles indexed by articles_hits where id in ({marks})", *batch)
        )
    return found


def _about(newest: Sequence[Newest], languages: Mapping[int, str]) -> dict[str, Any]:
    counted = Counter(language for _, article in newest if (language := languages[article]))
    return {
        "languages": [language for language, _ in counted.most_common(NAMED)],
        "latest": datetime.fromtimestamp(-newest[0][0], UTC).isoformat() if newest else "",
    }
