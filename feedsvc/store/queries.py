"""Questions to archive.db: what is known, what is stale, what a feed shows. Nothing here writes."""

from __future__ import annotations

import json
import sqlite3
import time
from array import array
from typing import TYPE_CHECKING, Any

from feedsvc.errors import ConfigError
from feedsvc.model import Enclosure, Entry, FeedSpec, Key, Known, Member, Missed, Person, Selection, layout
from feedsvc.pace import Signs
from feedsvc.store import timestamps
from feedsvc.store.newest import BELOW, newest_below
from feedsvc.store.search_index import membership
from feedsvc.store.slugs import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from feedsvc.model import Article

TEXT_HEAD = 2000  # characters of a stored text that likeness is judged by
_SQL_SECONDS = 5.0  # for the query of a [[feed]]
_SQL_STEPS = 10_000  # virtual machine instructions between two looks at the clock
_SQL_ROWS = 5_000_000  # that it may return; more are refused, since what is left out could be the newest
_SQL_CHUNK = 10_000  # rows that are taken at a time
_READS = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)

_KNOWN = f"""
    select a.id, a.uuid, a.locator, a.title_key, a.digest, a.text_digest, substr(a.text, 1, {TEXT_HEAD}), a.published,
        a.published_from, a.published_raw, coalesce(a.url, ''), a.updated, a.revision,
        d.locator is null or d.gone is not null
    from articles a left join documents d on d.source = a.source and d.locator = a.locator where a.id in """
_ENTRY = """
    select a.id, a.uid, a.uuid, a.revision, a.source, s.title, s.site_url, coalesce(a.url, ''), a.title, a.summary,
        a.content, a.publisher, a.language, coalesce(a.image, ''), a.enclosures, a.tags, a.published, a.first_seen,
        a.updated
    from articles a join sources s on s.name = a.source"""
_NEWEST = " order by a.sort_ts desc, a.uuid limit ?"
_SINCE = """
    select m.article from (select ? as path, ? as page) asked join feeds f on f.path = asked.path
    join feed_members m on m.feed = f.id and m.position >
        coalesce((select last from feed_pages p where p.feed = f.id and p.page = asked.page), 0)"""


def fingerprints(db: sqlite3.Connection, source: str, program: str) -> dict[str, str]:
    """Return locator -> fingerprint of every document that is not gone, "" where it is to be read again.

    What failed under another version of the program is such a one: this version may understand it.
    """
    rows = db.execute(
        "select locator, case when outcome = 'failed' and program <> ? then '' else fingerprint end from documents"
        " where source = ? and gone is null",
        [program, source],
    )
    return dict(rows.fetchall())


def known(db: sqlite3.Connection, source: str, articles: Sequence[Article], missing: AbstractSet[str]) -> list[Known]:
    """Return the stored articles that `articles` could be: see `feedsvc.ports.StoredArticles.known`."""
    ids = _by_key(db, source, articles) | _by_locator(db, source, articles) | _by_text(db, source, articles, missing)
    if not ids:
        return []
    wanted = json.dumps(sorted(ids))
    keys: dict[int, set[Key]] = {}
    for article, kind, value in db.execute(
        "select article, kind, value from aliases where article in (select value from json_each(?))", [wanted]
    ):
        keys.setdefault(article, set()).add(Key(kind=kind, value=value))
    rows = db.execute(f"{_KNOWN} (select value from json_each(?)) order by a.id", [wanted])
    return [_known(source, row, frozenset(keys.get(row[0], ())), missing) for row in rows]


def windows(db: sqlite3.Connection, source: str, locators: AbstractSet[str]) -> dict[str, frozenset[int]]:
    """Return locator -> ids of the articles that its last reading held, for feeds that ever showed an entry."""
    rows = db.execute(
        "select locator, entries from documents where source = ? and entries is not null"
        " and locator in (select value from json_each(?))",
        [source, json.dumps(sorted(locators))],
    )
    return {locator: frozenset(json.loads(entries)) for locator, entries in rows}


def settled(db: sqlite3.Connection, source: str, locators: AbstractSet[str], program: str) -> dict[str, dict[str, int]]:
    """Return locator -> mark -> article: see `feedsvc.ports.StoredArticles.settled`."""
    rows = db.execute(
        "select d.locator, m.key, a.id from documents d cross join json_each(d.marks) m"
        # a cross join, or SQLite reads all marks again for each article of the document
        " cross join articles a on a.id = m.value and a.source = d.source and a.locator = d.locator"
        " where d.source = ? and d.program = ? and d.locator in (select value from json_each(?))",
        [source, program, json.dumps(sorted(locators))],
    )
    found: dict[str, dict[str, int]] = {}
    for locator, mark, article in rows:
        found.setdefault(locator, {})[mark] = article
    return found


def appeared(db: sqlite3.Connection, source: str, limit: int) -> Signs:
    """Return when the newest `limit` articles of `source` appeared, newest first.

    That is when they were published, but not later than we saw them; what was there at the first reading without a date
    says nothing.
    """
    first = db.execute("select first_seen from sources where name = ?", [source]).fetchone()
    rows = db.execute(
        "select published, first_seen from articles where source = ? order by sort_ts desc, uuid limit ?",
        [source, limit],
    )
    times = [min(said or seen, seen) for said, seen in rows if said or seen != first[0]]
    return Signs(
        appeared=tuple(timestamps.read(time) for time in sorted(times, reverse=True)),
        since=timestamps.read(first[0]) if first else None,
    )


def names_of(db: sqlite3.Connection, source: str, since: datetime, limit: int) -> Missed:
    """Return what the newest `limit` articles that `source` had at `since` are called; a link that two have names none."""
    rows = db.execute(
        "select al.kind, al.value from (select id from articles where source = ? and first_seen <= ? order by id desc limit ?) a"
        " join aliases al on al.article = a.id where al.kind in ('guid', 'link')"
        " group by al.kind, al.value having al.kind = 'guid' or count(*) = 1",
        [source, timestamps.written(since), limit],
    )
    names: dict[str, set[str]] = {"guid": set(), "link": set()}
    for kind, value in rows:
        names[kind].add(value)
    return Missed(since=since, guids=frozenset(names["guid"]), links=frozenset(names["link"]))


def _by_key(db: sqlite3.Connection, source: str, articles: Sequence[Article]) -> set[int]:
    pairs = json.dumps([[key.kind, key.value] for article in articles for key in article.keys])
    rows = db.execute(
        "select al.article from json_each(?) j cross join aliases al on al.source = ?"
        " and al.kind = json_extract(j.value, '$[0]') and al.value = json_extract(j.value, '$[1]')",
        [pairs, source],
    )
    return {article for (article,) in rows}


def _by_locator(db: sqlite3.Connection, source: str, articles: Sequence[Article]) -> set[int]:
    """Articles of files, by path: a feed's entries come and go, and their keys say who they are."""
    paths = json.dumps(sorted({a.locator for a in articles if any(key.kind == "path" for key in a.keys)}))
    rows = db.execute(
        "select a.id from json_each(?) j cross join articles a on a.source = ? and a.locator = j.value", [paths, source]
    )
    return {article for (article,) in rows}


def _by_text(db: sqlite3.Connection, source: str, articles: Sequence[Article], missing: AbstractSet[str]) -> set[int]:
    """Articles of files that went away, by their text."""
    digests = json.dumps(sorted({a.text_digest for a in articles if a.text_digest}))
    rows = db.execute(
        "select a.id, a.locator, d.gone from json_each(?) j cross join articles a on a.text_digest = j.value"
        " left join documents d on d.source = a.source and d.locator = a.locator"
        " where a.source = ? and a.text_digest <> ''",
        [digests, source],
    )
    return {article for article, locator, gone in rows if gone or locator in missing}


def _known(source: str, row: Sequence[Any], keys: frozenset[Key], missing: AbstractSet[str]) -> Known:
    return Known(
        id=row[0],
        uuid=row[1],
        source=source,
        locator=row[2],
        keys=keys,
        title_key=row[3],
        digest=row[4],
        text_digest=row[5],
        text_head=row[6],
        published=timestamps.read_or_none(row[7]),
        published_from=row[8],
        published_raw=row[9],
        url=row[10],
        updated=timestamps.read(row[11]),
        revision=row[12],
        absent=bool(row[13]) or row[2] in missing,
    )


def feed_specs(db: sqlite3.Connection) -> list[FeedSpec]:
    """Return the feeds that follow from what the archive holds: everything, each category, each source."""
    specs = [FeedSpec(path=layout.EVERYTHING, title="", selection=Selection(), page="")]
    for path, slug in db.execute("select path, slug from categories order by path"):
        names = tuple(path.split("/"))
        specs.append(
            FeedSpec(
                path=layout.category(slug),
                title=" / ".join(names),
                selection=Selection(category=names),
                page=layout.category(slug),
            )
        )
    for name, title in db.execute("select name, title from sources where article_count > 0 order by name"):
        specs.append(
            FeedSpec(
                path=layout.source(name),
                title=title or name,
                selection=Selection(source=name),
                page=layout.source(name),
            )
        )
    return specs


def select(db: sqlite3.Connection, selection: Selection, limit: int) -> list[Entry]:
    """Return the newest entries of `selection`: see `feedsvc.ports.FeedArticles.newest`."""
    condition, values = _condition(db, selection, limit)
    rows = db.execute(f"{_ENTRY} where {condition}{_NEWEST}", [*values, limit]).fetchall()
    return _entries(db, rows)


def newest(db: sqlite3.Connection, selection: Selection, limit: int, since: tuple[str, int] | None) -> list[Member]:
    """Return the newest articles of `selection` and what came since: see `feedsvc.ports.FeedArticles.newest`."""
    condition, values = _condition(db, selection, limit)
    rows = db.execute(
        f"select id, revision from articles where withdrawn is null and id in (select id from"
        f" (select a.id from articles a where {condition}{_NEWEST}) union {_SINCE}) order by sort_ts desc, uuid",
        [*values, limit, *(since or ("", 0))],
    )
    return list(map(Member._make, rows))


def _condition(db: sqlite3.Connection, selection: Selection, limit: int) -> tuple[str, list[Any]]:
    """Return the SQL for `articles a` that `selection` stands for, and its values."""
    conditions: list[str] = ["a.withdrawn is null"]
    values: list[Any] = []
    if selection.category:
        inside, paths = _inside(db, selection, limit)
        conditions.append(inside)
        values += paths
    for column, value in (("a.source", selection.source), ("a.language", selection.language)):
        if value:
            conditions.append(f"{column} = ?")
            values.append(value)
    if selection.author:
        conditions.append(
            "a.id in (select aa.article from article_authors aa join authors w on w.id = aa.author where w.name = ?)"
        )
        values.append(selection.author)
    if selection.search:
        found, expression = membership("a.id", selection.search)
        conditions.append(found)
        values.append(expression)
    if selection.sql:
        conditions.append("a.id in (select value from json_each(?))")
        values.append(json.dumps(_ids_of(db, selection.sql)))
    return " and ".join(conditions), values


def entries_of(db: sqlite3.Connection, articles: Sequence[int]) -> list[Entry]:
    """Return the entries of `articles` that are not withdrawn, in no order."""
    rows = db.execute(
        f"{_ENTRY} where a.withdrawn is null and a.id in (select value from json_each(?))", [json.dumps(articles)]
    ).fetchall()
    return _entries(db, rows)


def _inside(db: sqlite3.Connection, selection: Selection, limit: int) -> tuple[str, list[Any]]:
    """Return the SQL for what is in the category of `selection`: the newest of it where nothing else is asked for."""
    path = written(selection.category)
    if any((selection.source, selection.author, selection.language, selection.search, selection.sql)):
        return f"a.id in (select article from article_categories where category in ({BELOW}))", [path, path, path]
    return "a.id in (select value from json_each(?))", [json.dumps(newest_below(db, path, limit))]


def _ids_of(db: sqlite3.Connection, sql: str) -> list[int]:
    """Return the first column of a reader's own query, which may only read and may take five seconds."""
    deadline = time.monotonic() + _SQL_SECONDS
    db.set_progress_handler(lambda: time.monotonic() > deadline, _SQL_STEPS)
    db.set_authorizer(_only_reading)
    try:
        return _first_column(db.execute(sql))
    except (sqlite3.Error, sqlite3.Warning, ValueError, TypeError, IndexError, OverflowError) as error:
        raise ConfigError(
            f"the SQL of a feed failed: {error}; it must be one query that returns article ids"
        ) from error
    finally:
        db.set_authorizer(None)
        db.set_progress_handler(None, 0)


def _first_column(cursor: sqlite3.Cursor) -> list[int]:
    found = array("q")
    while rows := cursor.fetchmany(_SQL_CHUNK):
        found.extend(int(row[0]) for row in rows)
        if len(found) > _SQL_ROWS:
            raise ValueError(f"it returns more than {_SQL_ROWS:,} rows")
    return found.tolist()


def _only_reading(action: int, name: str | None, *_: str | None) -> int:
    """Allow what a query does: `query_only` would let a transaction begin, a file be attached or copied, a pragma be set."""
    reads = action in _READS or (action == sqlite3.SQLITE_PRAGMA and name == "data_version")  # FTS5 asks for it
    return sqlite3.SQLITE_OK if reads else sqlite3.SQLITE_DENY


def _entries(db: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> list[Entry]:
    ids = json.dumps([row[0] for row in rows])
    people: dict[int, list[Person]] = {}
    for article, name, role in db.execute(
        "select aa.article, w.name, aa.role from json_each(?) j cross join article_authors aa on aa.article = j.value"
        " join authors w on w.id = aa.author order by aa.article, aa.position",
        [ids],
    ):
        people.setdefault(article, []).append(Person(name=name, role=role))
    categories: dict[int, list[tuple[str, ...]]] = {}
    for article, path in db.execute(
        "select ac.article, c.path from json_each(?) j cross join article_categories ac on ac.article = j.value"
        " join categories c on c.id = ac.category order by c.path",
        [ids],
    ):
        categories.setdefault(article, []).append(tuple(path.split("/")))
    return [_entry(row, people.get(row[0], ()), categories.get(row[0], ())) for row in rows]


def _entry(row: Sequence[Any], people: Iterable[Person], categories: Iterable[tuple[str, ...]]) -> Entry:
    return Entry(
        id=row[0],
        uid=row[1],
        uuid=row[2],
        revision=row[3],
        source=row[4],
        source_title=row[5] or row[4],
        source_url=row[6],
        url=row[7],
        title=row[8],
        summary=row[9],
        content=row[10],
        publisher=row[11],
        language=row[12],
        image=row[13],
        enclosures=tuple(Enclosure(**each) for each in _listed(row[14])),
        tags=tuple(_listed(row[15])),
        published=timestamps.read_or_none(row[16]),
        first_seen=timestamps.read(row[17]),
        updated=timestamps.read(row[18]),
        people=tuple(people),
        categories=tuple(categories),
    )


def _listed(written: str) -> list[Any]:
    """Return a list that is written as JSON; most are empty."""
    found: list[Any] = [] if written == "[]" else json.loads(written)
    return found
