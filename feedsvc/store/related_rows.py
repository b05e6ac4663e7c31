"""What articles hang on: their source, categories and authors, with exact counts; and which feeds became stale."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from feedsvc.model import layout
from feedsvc.store import feed_pages, timestamps
from feedsvc.store.slugs import distinct, slug, written

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from feedsvc.model import Article, Batch, CategoryPath
    from feedsvc.store.inserts import Inserts


class RelatedRows:
    """Places the articles of one batch; keeps what it has looked up for the length of the batch."""

    def __init__(self, db: sqlite3.Connection, batch: Batch, inserts: Inserts) -> None:
        self.db = db
        self.inserts = inserts
        self.batch = batch
        self.at = timestamps.written(batch.at)
        self._categories: dict[CategoryPath, int] = {}
        self._slugs: set[str] | None = None  # of all categories, case folded; read when the first is made
        self._authors: dict[str, int] = {}
        self._touched: set[int] = set()  # categories of which feeds show something else now
        self._category_counts: Counter[int] = Counter()
        self._author_counts: Counter[int] = Counter()
        self._added = 0
        self._placed: list[tuple[int, set[int], bool]] = []  # article, its categories with all above them, is it new

    def source(self) -> None:
        """Write the public part of the source."""
        source = self.batch.source
        heads = [document.head for document in self.batch.documents if document.head]
        head = heads[-1] if heads else None
        self.db.execute(
            "insert into sources (name, kind, title, site_url, language, first_seen, last_read)"
            " values (?, ?, ?, ?, ?, ?, ?) on conflict (name) do update set kind = excluded.kind,"
            " title = case when excluded.title <> '' then excluded.title else title end,"
            " site_url = case when excluded.site_url <> '' then excluded.site_url else site_url end,"
            " language = case when excluded.language <> '' then excluded.language else language end,"
            " last_read = excluded.last_read",
            [
                source.name,
                source.kind,
                source.title or (head.title if head else ""),
                source.base_url or (head.link if head else ""),
                source.language or (head.language if head else ""),
                self.at,
                self.at,
            ],
        )

    def place(self, article: int, found: Article, sort_ts: int, *, new: bool) -> None:
        """Put `article` into its categories and under its authors, out of those that it was in."""
        before = set() if new else self._out(article)
        leaves = {path: self._category(path) for path in found.categories}
        self.inserts.add("article_categories", [(category, sort_ts, article) for category in leaves.values()])
        after = {self._category(path[:depth]) for path in leaves for depth in range(1, len(path) + 1)}
        self._added += new
        self._category_counts.update(after - before)
        self._category_counts.subtract(before - after)
        self._touched |= before | after
        self._placed.append((article, after, new))
        signed = [(self._author(person.name), person.role) for person in found.people]
        self.inserts.add(
            "article_authors", [(article, position, author, role) for position, (author, role) in enumerate(signed)]
        )
        self._author_counts.update({author for author, _ in signed})

    def _out(self, article: int) -> set[int]:
        """Take `article` out of its categories, which are returned with all above them, and from under its authors."""
        categories = self._ancestors_of(article)
        authors = self.db.execute("select distinct author from article_authors where article = ?", [article])
        self._author_counts.subtract([author for (author,) in authors])
        self.db.execute("delete from article_categories where article = ?", [article])
        self.db.execute("delete from article_authors where article = ?", [article])
        return categories

    def redate(self, article: int, sort_ts: int) -> None:
        """Move `article` to another place in the order of its feeds."""
        self.db.execute("update articles set sort_ts = ? where id = ?", [sort_ts, article])
        self.db.execute("update article_categories set sort_ts = ? where article = ?", [sort_ts, article])
        self._touched |= self._ancestors_of(article)

    def finish(self) -> None:
        """Write the counts, and mark as stale every feed that shows an article of the batch."""
        self._count("categories", self._category_counts)
        self._count("authors", self._author_counts)
        if self._added:
            self.db.execute(
                "update sources set article_count = article_count + ? where name = ?",
                [self._added, self.batch.source.name],
            )
        if not self._touched:
            return
        paths = {each: layout.category(self._latest(each)) for each in sorted(self._touched)}
        whole = [layout.EVERYTHING, layout.source(self.batch.source.name)]
        feed_pages.record(
            self.db,
            [
                feed_pages.Placed(
                    article=article,
                    feeds=[*whole, *(paths[each] for each in sorted(shown))],
                    added=added,
                    announced=self.batch.announce,
                )
                for article, shown, added in self._placed
            ],
        )
        mark_stale(self.db, [*whole, *paths.values()])

    def _latest(self, category: int) -> str:
        """Note that a category changed; return its slug."""
        row = self.db.execute("update categories set latest = ? where id = ? returning slug", [self.at, category])
        return str(row.fetchone()[0])

    def _count(self, table: str, counts: Counter[int]) -> None:
        self.db.executemany(
            f"update {table} set article_count = article_count + ? where id = ?",
            [(number, each) for each, number in counts.items() if number],
        )

    def _ancestors_of(self, article: int) -> set[int]:
        """Return the categories that `article` is in, with all above them."""
        rows = self.db.execute(
            "with recursive up (id) as (select category from article_categories where article = ?"
            " union select c.parent from categories c join up on c.id = up.id where c.parent is not null)"
            " select id from up",
            [article],
        )
        return {category for (category,) in rows}

    def _category(self, path: CategoryPath) -> int:
        """Return the id of `path`, which is made with all above it when it is new."""
        if path in self._categories:
            return self._categories[path]
        row = self.db.execute("select id from categories where path = ?", [written(path)]).fetchone()
        if row is None:
            parent = self._category(path[:-1]) if len(path) > 1 else None
            row = self.db.execute(
                "insert into categories (path, name, parent, slug, depth) values (?, ?, ?, ?, ?) returning id",
                [written(path), path[-1], parent, self._slug(path), len(path)],
            ).fetchone()
        self._categories[path] = row[0]
        return int(row[0])

    def _slug(self, path: CategoryPath) -> str:
        """Return a slug that no other category has on a disk that knows no case; the first to come has the plain one."""
        if self._slugs is None:
            self._slugs = {found.casefold() for (found,) in self.db.execute("select slug from categories")}
        wanted = slug(path)
        made = distinct(path) if wanted.casefold() in self._slugs else wanted
        self._slugs.add(made.casefold())
        return made

    def _author(self, name: str) -> int:
        if name not in self._authors:
            row = self.db.execute(
                "insert into authors (name) values (?) on conflict (name) do update set name = name returning id",
                [name],
            ).fetchone()
            self._authors[name] = int(row[0])
        return self._authors[name]


def mark_stale(db: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Mark feeds as showing something else from this commit on."""
    change = db.execute(
        "insert into meta (key, value) values ('change', '1') on conflict (key) do update"
        " set value = cast(value as integer) + 1 returning cast(value as integer)"
    ).fetchone()[0]
    db.executemany(
        "insert into stale_feeds (path, change) values (?, ?) on conflict (path) do update"
        " set change = excluded.change",
        [(path, change) for path in paths],
    )
