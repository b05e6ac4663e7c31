"""A small archive with something of everything: three scripts, a revised, a withdrawn, a hostile and an undated article."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlite_utils import Database

from feedsvc.formats import FORMATS
from feedsvc.store import search_index
from feedsvc.store.schema import ARCHIVE_MIGRATIONS, OPS_MIGRATIONS
from tests.formats.making import SPEC, an_entry, document

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
PATHS = ("金融", "金融/每经网", "金融/每经网/重磅原创", "技術", "Science", "Science/Space & Time")
BODIES = {
    "zh": "<p>央行今日开展逆回购操作，市场流动性保持合理充裕。</p><p>分析人士认为，碳中和目标将带动金融创新。</p>",
    "ja": "<p>東京の天気は晴れ。半導体の需要が伸びている。</p>",
    "en": "<p>The probe reached the moon's far side.</p><p>Its café-sized antenna unfolded on schedule.</p>",
}
ARTICLES = [  # title, language, category, source, author
    ("央行逆回购：金融市场周报", "zh", "金融/每经网/重磅原创", "posts", "曾剑"),
    ("碳中和基金发行提速", "zh", "金融/每经网", "posts", "陈俊杰"),
    ("半導体の需要、過去最高", "ja", "技術", "planet", ""),
    ("A probe on the far side", "en", "Science/Space & Time", "planet", "Ada Reed"),
    ("Undated notes", "en", "Science", "posts", ""),
    ("Taken back", "en", "Science", "posts", ""),
    ('<script>alert("title")</script>', "en", "Science", "posts", "<b>Eve</b>"),
]
REVISED, UNDATED, WITHDRAWN, HOSTILE = 4, 5, 6, 7  # ids
MORE = 64  # plain articles behind them, for pages


def uuid_of(number: int) -> str:
    return str(UUID(int=0xFEED << 64 | number))


def make(folder: Path) -> Path:
    """Make archive.db and ops.db in `folder`, with a few feeds beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "archive.db"
    connection = sqlite3.connect(path)
    search_index.register(connection)
    db = Database(connection)
    connection.execute("pragma journal_mode=wal")
    ARCHIVE_MIGRATIONS.apply(db)
    with connection:
        _sources(connection)
        _categories(connection)
        for number, (title, language, category, source, author) in enumerate(ARTICLES, 1):
            _article(connection, number, title, language, category, source, author)
        for number in range(len(ARTICLES) + 1, len(ARTICLES) + MORE + 1):
            _article(connection, number, f"Bulletin {number}", "en", "Science", "planet", "")
        _history(connection)
        connection.execute("insert into articles_fts(articles_fts) values ('rebuild')")
    connection.close()
    _ops(folder / "ops.db")
    _feeds(folder / "feeds")
    return path


def _sources(connection: sqlite3.Connection) -> None:
    connection.executemany(
        "insert into sources (name, kind, title, site_url, first_seen, last_read, article_count) values (?,?,?,?,?,?,?)",
        [
            ("posts", "directory", "", "", START.isoformat(), START.isoformat(), 5),
            (
                "planet",
                "feed",
                "Planet Example",
                "https://planet.example.org/",
                START.isoformat(),
                START.isoformat(),
                2 + MORE,
            ),
        ],
    )


def _categories(connection: sqlite3.Connection) -> None:
    ids: dict[str, int] = {}
    for number, path in enumerate(PATHS, 1):
        ids[path] = number
        above, _, name = path.rpartition("/")
        connection.execute(
            "insert into categories (id, path, name, parent, slug, depth, article_count, latest) values (?,?,?,?,?,?,?,?)",
            (number, path, name, ids.get(above), path.replace("&", "and"), path.count("/") + 1, 3, START.isoformat()),
        )


def _article(
    connection: sqlite3.Connection, number: int, title: str, language: str, category: str, source: str, author: str
) -> None:
    when = START - timedelta(hours=5 * number)
    body = BODIES[language]
    text = body.replace("</p>", "\n").replace("<p>", "")
    if number == HOSTILE:
        body += "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    connection.execute(
        "insert into articles (id, uid, uuid, source, locator, url, title, author, published, published_from, updated,"
        " language, summary, first_seen, last_seen, sort_ts, digest, text_digest, withdrawn, withdrawn_why, text, content, tags)"
        " values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            number,
            f"urn:uuid:{uuid_of(number)}",
            uuid_of(number),
            source,
            f"{number}.md",
            f"https://example.org/{number}",
            title,
            author,
            None if number == UNDATED else when.isoformat(),
            "" if number == UNDATED else "body:class",
            when.isoformat(),
            language,
            text[:60],
            START.isoformat(),
            START.isoformat(),
            int(when.timestamp()),
            f"d{number}",
            f"t{number}",
            START.isoformat() if number == WITHDRAWN else None,
            "Its author asked for it." if number == WITHDRAWN else None,
            text,
            body,
            json.dumps(["sample"]),
        ),
    )
    leaf = PATHS.index(category) + 1
    connection.execute("insert into article_categories values (?,?,?)", (leaf, int(when.timestamp()), number))
    connection.execute(
        "insert into revisions (article, revision, seen, digest, title, why) values (?,1,?,?,?,'added')",
        (number, START.isoformat(), f"d{number}", title),
    )
    if author:
        connection.execute("insert or ignore into authors (name) values (?)", (author,))
        connection.execute(
            "insert into article_authors select ?, 0, id, ? from authors where name = ?",
            (number, "reporter" if author == "曾剑" else "author", author),
        )


def _history(connection: sqlite3.Connection) -> None:
    connection.execute(
        "update revisions set content = '<p>The probe reached the moon.</p>',"
        " text = 'The probe reached the moon.\nIts café-sized antenna unfolded on schedule.' where article = ? and revision = 1",
        (REVISED,),
    )
    connection.execute(
        "insert into revisions (article, revision, seen, digest, title, why) values (?,2,?,'d-4','A probe on the far side','text')",
        (REVISED, START.isoformat()),
    )
    connection.execute("update articles set revision = 2 where id = ?", (REVISED,))
    connection.execute(
        "insert into repairs values (1, 0, 1, 'dates.body', 'published', 'Invalid Date', '2026-03-01T03:00:00Z')"
    )
    connection.execute("insert into also_in values (1, 2, 'link')")
    connection.execute("insert into article_categories select 5, sort_ts, id from articles where id = ?", (REVISED,))


def _ops(path: Path) -> None:
    db = Database(path)
    OPS_MIGRATIONS.apply(db)
    db["source_state"].insert(
        {"source": "planet", "failures": 2, "error": "planet.example.org: time-out", "due": START.isoformat()}
    )
    for hours, outcome, error in (
        (0, "ok", ""),
        (30, "unchanged", ""),
        (60, "timeout", "planet.example.org: time-out"),
    ):
        when = (START + timedelta(hours=hours)).isoformat()
        db.execute(
            "insert into runs (source, started, finished, outcome, seen, read, added, revised, moved, unchanged, skipped,"
            " failed, gone, error) values ('planet', ?, ?, ?, 9, 1, 1, 0, 0, 0, 0, 0, 0, ?)",
            (when, when, outcome, error),
        )
    db["failures"].insert(
        {
            "source": "posts", "locator": "broken.md", "stage": "parse", "kind": "front-matter", "reason": "line 3: no value",
            "first_seen": START.isoformat(), "last_seen": START.isoformat(), "program": "1",
        }
    )  # fmt: skip
    db.close()


def _feeds(folder: Path) -> None:
    for path in (
        "all.atom",
        "all.rss",
        "all.json",
        "category/金融/每经网.atom",
        "source/posts.atom",
        "index.opml",
        "custom/chips.atom",
    ):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"<feed>" + path.encode() + b"<entry/>" * 200 + b"</feed>")
    real = folder / SPEC.path
    real.parent.mkdir(parents=True, exist_ok=True)
    for form in FORMATS:
        body = document(form, [an_entry(number) for number in range(1, 36)])
        real.with_name(f"{real.name}.{form}").write_bytes(body)
