"""Lists of articles on pages: each article once and none left out, however far somebody turns the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from feedsvc.serve import article_lists
from feedsvc.serve.archive_reader import Rows
from tests.store.test_newest import AT, LEAVES, START, Post, db, empty, fill, in_a_row

if TYPE_CHECKING:
    import sqlite3

__all__ = ["db", "empty"]

PATHS = ("tech", *LEAVES)
ARCHIVES = {
    "in many leaves": in_a_row(70, leaves=LEAVES),
    "of one second": [Post(sort_ts=START, leaves=LEAVES[:3]) for _ in range(70)],
    "behind many that are withdrawn": [
        *in_a_row(900, leaves=LEAVES[:2], withdrawn=AT),
        *(Post(sort_ts=START - 1_000 - n // 9, leaves=LEAVES[n % 4 :]) for n in range(70)),
    ],
}


@pytest.mark.parametrize("posts", ARCHIVES.values(), ids=ARCHIVES.keys())
@pytest.mark.parametrize("kind", ["category", "source", "everything"])
def test_turning_the_pages_shows_each_article_once(db: sqlite3.Connection, posts: list[Post], kind: str) -> None:
    fill(db, posts, PATHS)
    rows, found, after = Rows(db), [], ""
    while after or not found:
        start = article_lists.place(after)
        if kind == "category":
            page = article_lists.of_category(rows, "tech", start)
        else:
            page = article_lists.newest(rows, start, source="posts" if kind == "source" else "")
        found += [each["id"] for each in page.articles]
        after = page.after
    live = [number for number, post in enumerate(posts, 1) if not post.withdrawn]
    assert found == sorted(live, key=lambda number: (-posts[number - 1].sort_ts, number))
