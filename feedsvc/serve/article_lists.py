"""Lists of articles as pages show them, newest first, paged by where the last one stopped.

A page number would move under the reader whenever an article comes in, and costs more the further back it is; a place in
the order costs the same everywhere. A place is `<seconds since 1970>.<id>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feedsvc.serve.archive_reader import Row, Rows

_LARGEST = 2**63 - 1  # that SQLite can compare
PAGE = 30  # articles on a page
_BRIEF = "id, uuid, source, title, author, publisher, published, first_seen, updated, language, summary, sort_ts, revision, url"


class Position(NamedTuple):
    """Where a list goes on: behind this article."""

    sort_ts: int
    id: int

    def __str__(self) -> str:
        """Return it as a URL carries it."""
        return f"{self.sort_ts}.{self.id}"


FIRST = Position(1 << 62, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list."""

    articles: Sequence[Row]
    after: str  # the place where the next page begins, "" on the last


def place(text: str) -> Position:
    """Return the place that a URL names; the beginning when it names none."""
    seconds, _, number = text.partition(".")
    try:
        return Position(min(int(seconds[:19]), _LARGEST), min(int(number[:19]), _LARGEST))
    except ValueError:
        return FIRST


def newest(rows: Rows, start: Position, *, source: str = "", size: int = PAGE) -> Listing:
    """Return a page of everything, or of one source."""
    condition, values = ("source = ? and", [source]) if source else ("", [])
    found = rows(
        f"select {_BRIEF} from articles where {condition} withdrawn is null and sort_ts <= ?"
        " and (sort_ts < ? or id > ?) order by sort_ts desc, id limit ?",
        *values,
        *(start.sort_ts, start.sort_ts, start.id, size + 1),
    )
    return _listing(rows, found, size)


def of_category(rows: Rows, path: str, start: Position, *, size: int = PAGE) -> Listing:
    """Return a page of a category and everything below it: each article once, though it may be in several of them.

    Each category has its own ordered run in the index; they are merged, and only as far as the page reaches.
    """
    runs = [_run(rows, each["id"], start) for each in below(rows, path)]
    wanted = list(islice(_visible(rows, merge(*runs)), size + 1))
    return _listing(rows, by_ids(rows, wanted), size)


def below(rows: Rows, path: str) -> Sequence[Row]:
    """Return the id and path of a category and of everything below it."""
    return rows(
        "select id, path from categories where path = ? or (path > ? and path < ?)", path, f"{path}/", f"{path}0"
    )


def by_ids(rows: Rows, ids: Sequence[int]) -> list[Row]:
    """Return articles in the order of `ids`."""
    marks = ",".join("?" * len(ids))
    found = {row["id"]: row for row in rows(f"select {_BRIEF} from articles where id in ({marks})", *ids)}
    return [found[each] for each in ids if each in found]


def with_categories(rows: Rows, articles: Sequence[Row]) -> Sequence[Row]:
    """Return `articles` with what a list shows beside them: their categories."""
    marks = ",".join("?" * len(articles))
    named: dict[int, list[Row]] = {}
    for row in rows(
        "select ac.article, c.path, c.slug, c.name from article_categories ac join categories c on c.id = ac.category"
        f" where ac.article in ({marks}) order by ac.article, c.path",
        *(article["id"] for article in articles),
    ):
        named.setdefault(row["article"], []).append(row)
    return [{**article, "categories": named.get(article["id"], [])} for article in articles]


def _run(rows: Rows, category: int, start: Position) -> Iterator[tuple[int, int]]:
    found = rows.stream(
        "select sort_ts, article from article_categories where category = ? and sort_ts <= ?"
        " order by sort_ts desc, article",
        category,
        start.sort_ts,
    )
    keys = ((-row["sort_ts"], row["article"]) for row in found)
    return (key for key in keys if key > (-start.sort_ts, start.id))


def _visible(rows: Rows, merged: Iterator[tuple[int, int]]) -> Iterator[int]:
    last = 0
    for _, article in merged:
        if article != last and rows.one("select 1 as there from articles where id = ? and withdrawn is null", article):
            yield article
        last = article


def _listing(rows: Rows, found: Sequence[Row], size: int) -> Listing:
    shown = found[:size]
    after = str(Position(shown[-1]["sort_ts"], shown[-1]["id"])) if len(found) > size else ""
    return Listing(articles=with_categories(rows, shown) if shown else (), after=after)
