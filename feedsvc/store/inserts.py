"""New rows of one batch, collected and written table by table: a row costs a third of a statement of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedsvc.model.article import COLUMNS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

# The row of an article, once: what the archive adds, and what `Article` has.
ARTICLE_COLUMNS = (
    "id",
    "uid",
    "uuid",
    "source",
    "author",
    "updated",
    "first_seen",
    "last_seen",
    "revision",
    "sort_ts",
    *COLUMNS,
)
_STATEMENTS = {  # in the order in which they refer to each other
    "articles": f"insert into articles ({', '.join(ARTICLE_COLUMNS)}) values ({', '.join('?' * len(ARTICLE_COLUMNS))})",
    "revisions": "insert into revisions (article, revision, seen, origin, announced, why, digest, title, summary, author,"
    " url, image, categories, published) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "article_categories": "insert into article_categories (category, sort_ts, article) values (?, ?, ?)",
    "article_authors": "insert into article_authors (article, position, author, role) values (?, ?, ?, ?)",
    "repairs": "insert into repairs (article, position, revision, rule, field, before, after) values (?, ?, ?, ?, ?, ?, ?)",
    "aliases": "insert or ignore into aliases (source, kind, value, article, since) values (?, ?, ?, ?, ?)",
}


class Inserts:
    """The rows of one batch; nothing is in the database before `write`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _STATEMENTS}
        self._last = 0  # id of an article

    def article(self) -> int:
        """Return the id of a new article: none was ever deleted, so they follow each other."""
        if not self._last:
            self._last = self._db.execute("select coalesce(max(id), 0) from articles").fetchone()[0]
        self._last += 1
        return self._last

    def add(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Have `rows` written to `table`."""
        self._rows[table].extend(rows)

    def write(self) -> None:
        """Write what was collected."""
        for table, rows in self._rows.items():
            self._db.executemany(_STATEMENTS[table], rows)
            rows.clear()
