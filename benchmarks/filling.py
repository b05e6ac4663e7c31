"""Fill an archive with N articles straight through its tables: what it would hold after years of ingesting, in minutes.

Deterministic: article n is the same on every machine. Beside every article stand the rows that ingesting writes: its first
revision, byline, category, document and aliases, so that the size of the file says something.
"""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING
from uuid import UUID

from posts import category
from sqlite_utils import Database

from feedsvc.store import search_index
from feedsvc.store.schema import ARCHIVE_MIGRATIONS, CAPTURES_MIGRATIONS, OPS_MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCH = 10_000
SOURCES = 20
AUTHORS = 400
CHARACTERS = 350  # of an article's text
YEARS = 10
_END = datetime(2026, 6, 30, 12, tzinfo=UTC)
_ENGLISH = (
    "The harbour café opened early, and naïve gulls were waiting.",
    "Reading open source software aloud is a habit of the library.",
    "A telescope of 25 cm shows the rings on a clear night.",
    "The archive keeps every revision, über alles in order.",
)
_JAPANESE = ("図書館の階段で雨宿りをした。", "半導体の需要が伸びている。", "東京の天気は晴れ、最高気温は25度です。")
_KOREAN = ("서울의 날씨는 맑습니다.", "도서관 계단에서 비를 피했다.", "반도체 수출이 늘었다.")
_OTHERS = ((29, "ko", _KOREAN), (13, "ja", _JAPANESE), (5, "en", _ENGLISH))  # every so many articles
_WORDS = 6_000  # of two characters each, the n-th as likely as 1/n: as words are
_VOCABULARY = [chr(0x4E00 + n * 7 % 2_500) + chr(0x4E00 + n * 13 % 2_500) for n in range(_WORDS)]
_WEIGHTS = list(accumulate(1 / (n + 3) for n in range(_WORDS)))
_NAMES = ("5G网络", "Atom 订阅", "SQLite 归档", "碳中和目标", "RSS", "人工智能芯片")
_COLUMNS = (
    "id, uid, uuid, source, locator, url, title, author, published, published_from, updated, language, summary, first_seen,"
    " last_seen, sort_ts, digest, text_digest, title_key, text, content"
)


def fill(folder: Path, count: int) -> Path:
    """Make archive.db with `count` articles, and the two other files empty, in `folder`; return the first."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "archive.db"
    connection = sqlite3.connect(path)
    search_index.register(connection)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = off")  # of what is thrown away afterwards
    ARCHIVE_MIGRATIONS.apply(Database(connection))
    OPS_MIGRATIONS.apply(Database(folder / "ops.db"))
    CAPTURES_MIGRATIONS.apply(Database(folder / "captures.db"))
    leaves = _frame(connection, count)
    for first in range(1, count + 1, BATCH):
        _batch(connection, range(first, min(first + BATCH, count + 1)), count, leaves)
    _counted(connection)
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    return path


def article(number: int) -> tuple[str, str, str]:
    """Return language, title and text of article `number`."""
    chance = random.Random(number)
    language, stock = next(((name, stock) for every, name, stock in _OTHERS if number % every == 0), ("zh", ()))
    pieces: list[str] = []
    length = 0
    while length < CHARACTERS:
        pieces.append(chance.choice(stock) if stock else _sentence(chance))
        length += len(pieces[-1])
    return language, f"{pieces[0][:40]} {number}", "\n".join(pieces)


def _sentence(chance: random.Random) -> str:
    words = chance.choices(_VOCABULARY, cum_weights=_WEIGHTS, k=chance.randrange(8, 20))
    name = chance.choice(_NAMES) if chance.random() < 0.1 else ""
    return f"{''.join(words[:6])}，{''.join(words[6:])}{name}。"


def moment(number: int, count: int) -> datetime:
    """Return when article `number` of `count` was published: evenly over the years, the last one at their end."""
    return _END - timedelta(days=365 * YEARS) * ((count - number) / count)


def _frame(connection: sqlite3.Connection, count: int) -> dict[str, int]:
    begun = moment(1, count).isoformat()
    with connection:
        connection.executemany(
            "insert into sources (name, kind, title, first_seen, last_read) values (?, 'feed', ?, ?, ?)",
            [(f"source-{n:02}", f"Source {n}", begun, _END.isoformat()) for n in range(SOURCES)],
        )
        connection.executemany("insert into authors (name) values (?)", [(f"作者{n}",) for n in range(AUTHORS)])
        ids: dict[str, int] = {}
        for path in sorted({path for n in range(300) for path in _above(category(n))}):
            parent = ids.get(path.rpartition("/")[0])
            ids[path] = len(ids) + 1
            connection.execute(
                "insert into categories (id, path, name, parent, slug, depth) values (?, ?, ?, ?, ?, ?)",
                (ids[path], path, path.rpartition("/")[2], parent, path, path.count("/") + 1),
            )
    return ids


def _above(names: tuple[str, ...]) -> Iterator[str]:
    return ("/".join(names[:depth]) for depth in range(1, len(names) + 1))


def _batch(connection: sqlite3.Connection, numbers: range, count: int, leaves: dict[str, int]) -> None:
    rows = [_row(number, count) for number in numbers]
    seconds = {number: row[15] for number, row in zip(numbers, rows, strict=True)}
    with connection:
        marks = ",".join("?" * len(rows[0]))
        connection.executemany(f"insert into articles ({_COLUMNS}) values ({marks})", rows)
        connection.executemany(
            "insert into article_categories (category, sort_ts, article) values (?, ?, ?)",
            [(leaves["/".join(category(n))], seconds[n], n) for n in numbers],
        )
        connection.executemany(
            "insert into article_authors (article, position, author, role) values (?, 0, ?, 'author')",
            [(n, n % AUTHORS + 1) for n in numbers],
        )
        connection.executemany(
            "insert into revisions (article, revision, seen, digest, title, why) values (?, 1, ?, ?, ?, 'added')",
            [(row[0], row[13], row[16], row[6]) for row in rows],
        )
        connection.executemany(
            "insert into documents (source, locator, fingerprint, digest, first_seen, last_read) values (?, ?, ?, ?, ?, ?)",
            [(row[3], row[4], f"{row[15]}:{row[16][:16]}", row[16], row[13], row[13]) for row in rows],
        )
        connection.executemany(
            "insert into aliases (source, kind, value, article, since) values (?, ?, ?, ?, ?)",
            [(row[3], *key, row[0], row[13]) for row in rows for key in (("path", row[4]), ("link", row[5]))],
        )
        connection.execute(
            "insert into articles_fts (rowid, title, author, text) select id, title, author, text from articles_seg"
            " where id between ? and ?",
            (numbers[0], numbers[-1]),
        )


def _row(number: int, count: int) -> tuple[object, ...]:
    language, title, text = article(number)
    when = moment(number, count)
    uuid = str(UUID(int=0xFEED << 64 | number))
    content = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    digest = f"{number * 0x9E3779B97F4A7C15 % (1 << 256):064x}"
    return (
        *(number, f"urn:uuid:{uuid}", uuid, f"source-{number % SOURCES:02}", f"{number % 1000}/{number}.md"),
        *(
            f"https://example.org/{number}",
            title,
            f"作者{number % AUTHORS}",
            when.isoformat(),
            "feed",
            when.isoformat(),
        ),
        *(language, text[:120], when.isoformat(), when.isoformat(), int(when.timestamp()), digest, digest, title),
        *(text, content),
    )


def _counted(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute(
            "update sources set article_count = (select count(*) from articles a where a.source = sources.name)"
        )
        connection.execute(
            "update categories set article_count = (select count(*) from article_categories ac join categories c"
            " on c.id = ac.category where c.path = categories.path or (c.path > categories.path || '/'"
            " and c.path < categories.path || '0'))"
        )
        connection.execute(
            "update authors set article_count = (select count(*) from article_authors where author = id)"
        )
