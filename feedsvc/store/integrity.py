"""Is the archive whole? What `feedsvc doctor` looks at in the three files; nothing here writes but `rebuild`.

One flipped bit is seen by SQLite's own check in 5 of 200 cases, and by the digests in 165: so both are asked.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from feedsvc.store.connection import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlite_utils import Database

    from feedsvc.store.archive import Archive

_MANY = 20  # findings of one kind that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be, and what to do about it."""

    level: Literal["damage", "fault", "note"]  # damage: bytes are lost; fault: can be mended; note: worth a look
    where: str
    what: str
    remedy: str


RESTORE = "stop feedsvc, put a backup in its place (`feedsvc backup` makes them), and start it again"
REBUILD = "run `feedsvc doctor --fix`"


def examine(archive: Archive) -> Iterator[Finding]:
    """Yield what is wrong with `archive`, file by file: first what SQLite sees, then what only feedsvc can see."""
    for path, db in _files(archive):
        yield from _sqlite(path, db)
    for check in (_search_index, _counts, _bodies, _captures, _links):
        try:
            yield from check(archive)
        except sqlite3.DatabaseError as error:
            yield Finding(level="damage", where=str(archive.path), what=str(error), remedy=RESTORE)


def rebuild(archive: Archive) -> None:
    """Make again what follows from the articles: the search index and the counts."""
    with write(archive.db, archive.path) as connection:
        connection.execute("insert into articles_fts (articles_fts) values ('rebuild')")
        for table, counted in _COUNTED.items():
            connection.execute(f"update {table} set article_count = ({counted})")


_BELOW = (
    "with recursive down (id) as (values (categories.id) union select c.id from categories c join down d on c.parent = d.id)"
    " select count(distinct article) from article_categories where category in (select id from down)"
)
_COUNTED = {
    "sources": "select count(*) from articles where source = sources.name",
    "categories": _BELOW,
    "authors": "select count(distinct article) from article_authors where author = authors.id",
}


def _files(archive: Archive) -> tuple[tuple[Path, Database], ...]:
    captures, operations = archive.captures, archive.operations
    return (archive.path, archive.db), (captures.path, captures.db), (operations.path, operations.db)


def _sqlite(path: Path, db: Database) -> Iterator[Finding]:
    try:
        said = [row[0] for row in db.conn.execute(f"pragma integrity_check({_MANY})") if row[0] != "ok"]
        orphans = db.conn.execute("pragma foreign_key_check").fetchmany(_MANY)
    except sqlite3.DatabaseError as error:
        said, orphans = [str(error)], []
    yield from (Finding(level="damage", where=path.name, what=line, remedy=RESTORE) for line in said)
    for table, row, parent, _ in orphans:
        what = f"row {row} of {table} names a row of {parent} that is not there"
        yield Finding(level="damage", where=path.name, what=what, remedy=RESTORE)


def _search_index(archive: Archive) -> Iterator[Finding]:
    db = archive.db.conn
    articles = db.execute("select count(*) from articles").fetchone()[0]
    indexed = db.execute("select count(*) from articles_fts_docsize").fetchone()[0]
    if articles != indexed:
        what = f"the search index holds {indexed} articles, the archive {articles}"
        yield Finding(level="fault", where="archive.db", what=what, remedy=REBUILD)
    elif not archive.readonly:
        try:
            db.execute("insert into articles_fts (articles_fts, rank) values ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            what = f"the search index is not that of the articles ({error})"
            yield Finding(level="fault", where="archive.db", what=what, remedy=REBUILD)


def _counts(archive: Archive) -> Iterator[Finding]:
    for table, counted in _COUNTED.items():
        wrong = archive.db.conn.execute(f"select count(*) from {table} where article_count <> ({counted})").fetchone()[
            0
        ]
        if wrong:
            what = f"{wrong} rows of {table} count their articles wrongly"
            yield Finding(level="fault", where="archive.db", what=what, remedy=REBUILD)


def _bodies(archive: Archive) -> Iterator[Finding]:
    """Compare each article's text with the digest that was taken when it was written."""
    rows = archive.db.conn.execute("select uuid, text, text_digest from articles where text_digest <> ''")
    yield from named(
        (uuid for uuid, text, digest in rows if _digest_of(text) != digest),
        lambda names: Finding(
            level="damage",
            where="archive.db",
            what=f"the text of {names} is not what was written",
            remedy=f"run `feedsvc replay --apply`, which makes it anew from the captures; else {RESTORE}",
        ),
    )


def _digest_of(text: str) -> str:
    return hashlib.blake2b("".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _captures(archive: Archive) -> Iterator[Finding]:
    captures = archive.captures
    wrong = (digest for digest, body in captures.all() if body is None or hashlib.sha256(body).hexdigest() != digest)
    yield from named(
        wrong,
        lambda names: Finding(
            level="damage", where="captures.db", what=f"the bytes of {names} are not what was read", remedy=RESTORE
        ),
    )


def _links(archive: Archive) -> Iterator[Finding]:
    """Find documents whose bytes are in no capture."""
    rows = archive.db.conn.execute(
        "select source, locator, digest from documents where outcome = 'ok' and digest <> ''"
    )
    missing = (f"{source}:{locator}" for source, locator, digest in rows if not archive.captures.has(digest))
    yield from named(
        missing,
        lambda names: Finding(
            level="fault",
            where="captures.db",
            what=f"there is no capture of {names}",
            remedy="run `feedsvc ingest --all` while the sources still have them",
        ),
    )


def named(wrong: Iterator[str], finding: Callable[[str], Finding]) -> Iterator[Finding]:
    """Yield one finding that names the first of `wrong`, and says how many there are."""
    first: list[str] = []
    number = 0
    for number, name in enumerate(wrong, 1):  # noqa: B007 - the last number is what is wanted
        if len(first) < _MANY:
            first.append(name)
    if number:
        yield finding(", ".join(first) + (f" and {number - len(first)} more" if number > len(first) else ""))
