"""The newest articles at a category path and below, each once, without those that are withdrawn. Nothing here writes.

    (leaf, sort_ts desc, article)  (leaf, sort_ts desc, article)  ...      the index has one ordered run for each leaf
                  `----------- the newest rows ----------´                  as many as it takes

An article may stand in several leaves, may be withdrawn, and may share its second with many others: how many rows hold
`limit` articles is known only when they were read. So a window of rows is read, and a larger one until it is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

BELOW: Final = "select id from categories where path = ? or (path >= ? || '/' and path < ? || '0')"  # "0" follows "/"
_SPARE = 20  # rows beside twice the limit: most articles stand in one leaf, or in two
_GROWTH = 4
# A subquery, not a join: SQLite leaves the run of a leaf at its first row that is too old only where that is the inner loop.
_WINDOW = f"""
    select sort_ts, article from article_categories
    where category in ({BELOW}) and (select withdrawn from articles where id = article) is null
    order by sort_ts desc limit ?"""


def newest_below(db: sqlite3.Connection, path: str, limit: int) -> list[int]:
    """Return the ids of the newest `limit` (1 or more) articles at `path` and below, and of all of the last one's second.

    They come newest first, those of one second in no order.
    """
    size = 2 * limit + _SPARE
    while True:
        rows = db.execute(_WINDOW, [path, path, path, size]).fetchall()
        found = list(dict.fromkeys(rows))
        last = found[limit - 1][0] if limit <= len(found) else None
        if len(rows) < size or (last is not None and rows[-1][0] < last):
            return [article for sort_ts, article in found if last is None or sort_ts >= last]
        size *= _GROWTH
