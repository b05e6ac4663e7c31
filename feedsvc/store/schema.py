"""The tables of the archive's three files, as migrations: a list that only grows.

`archive.db` is what people query and what may be made public; `ops.db` is the operator's; `captures.db` holds raw bytes.
Times are ISO 8601 UTC text for people; `sort_ts` is whole seconds since 1970 for ordering. To change a table: add a
function at the end of its `*_MIGRATIONS` and never edit an older one. `sqlite_utils` runs each in its own transaction
together with its record (so no `executescript`, which commits half-way).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

ARCHIVE_MIGRATIONS = Migrations("feedsvc.archive")
OPS_MIGRATIONS = Migrations("feedsvc.ops")
CAPTURES_MIGRATIONS = Migrations("feedsvc.captures")

_ARCHIVE_1 = (
    # namespace: UUID of minted ids; change: number of the last commit that changed what feeds show;
    # emitter: digest of all that feeds depend on beside the articles; pages_url: public base that closed pages name;
    # media_looked: JSON, source -> the last revision (by rowid) whose pictures were looked for
    "create table meta (key text primary key, value text not null) strict, without rowid",
    """create table sources (
        id integer primary key, name text not null unique, kind text not null, title text not null default '',
        site_url text not null default '', language text not null default '', first_seen text not null,
        last_read text, article_count integer not null default 0) strict""",
    """create table categories (
        id integer primary key, path text not null unique, name text not null, parent integer references categories(id),
        slug text not null unique, depth integer not null, article_count integer not null default 0,
        latest text) strict""",
    "create index categories_parent on categories(parent)",
    """create table authors (
        id integer primary key, name text not null unique, article_count integer not null default 0) strict""",
    """create table articles (
        id integer primary key, uid text not null unique, uuid text not null unique,
        source text not null references sources(name), locator text not null, url text,
        title text not null, author text not null default '', publisher text not null default '',
        published text, published_from text not null default '', updated text not null,
        language text not null default '', image text, summary text not null default '',
        first_seen text not null, last_seen text not null, revision integer not null default 1,
        sort_ts integer not null, modified text, published_raw text not null default '',
        digest text not null, text_digest text not null default '', title_key text not null default '',
        tags text not null default '[]', enclosures text not null default '[]',
        withdrawn text, withdrawn_why text,
        text text not null, content text not null) strict""",
    "create index articles_sort on articles(sort_ts desc, uuid)",
    "create index articles_source_sort on articles(source, sort_ts desc, uuid)",
    "create index articles_source_language on articles(source, language)",  # facets of a source: 208 -> 4 ms of a million
    # what order, facets and timeline of a search need of a thousand hits, without their texts: 8.4 -> 4.0 ms of a million
    "create index articles_hits on articles(id, sort_ts, source, language)",
    "create index articles_source_locator on articles(source, locator)",
    "create index articles_withdrawn on articles(withdrawn) where withdrawn is not null",
    "create index articles_text_digest on articles(text_digest) where text_digest <> ''",
    """create table article_categories (
        category integer not null references categories(id), sort_ts integer not null,
        article integer not null references articles(id),
        primary key (category, sort_ts desc, article)) strict, without rowid""",
    "create index article_categories_article on article_categories(article)",
    """create table article_authors (
        article integer not null references articles(id), position integer not null,
        author integer not null references authors(id), role text not null,
        primary key (article, position)) strict, without rowid""",
    "create index article_authors_author on article_authors(author, article)",
    # every revision has a row; the body of the current one stands in `articles` alone (null here) until it is superseded
    """create table revisions (
        article integer not null references articles(id), revision integer not null, seen text not null,
        origin text not null default 'source', announced integer not null default 1, why text not null default '',
        digest text not null, title text not null, summary text not null default '', author text not null default '',
        url text, image text, categories text not null default '[]', published text, content text, text text,
        primary key (article, revision)) strict""",
    """create table repairs (
        article integer not null references articles(id), position integer not null, revision integer not null,
        rule text not null, field text not null, before text not null, after text not null,
        primary key (article, position)) strict""",
    "create index repairs_rule on repairs(rule, article)",
    """create table also_in (
        article integer not null references articles(id), other integer not null references articles(id),
        why text not null, primary key (article, other)) strict, without rowid""",
    """create table aliases (
        source text not null, kind text not null, value text not null, article integer not null references articles(id),
        since text not null, primary key (source, kind, value, article)) strict, without rowid""",
    "create index aliases_article on aliases(article)",
    "create index aliases_value on aliases(value) where kind = 'link'",
    """create table documents (
        source text not null, locator text not null, fingerprint text not null, digest text not null,
        media_type text not null default '', first_seen text not null, last_read text not null, gone text,
        outcome text not null default 'ok', program text not null default '', entries text, marks text,
        primary key (source, locator)) strict, without rowid""",
    """create table media (
        digest text primary key, media_type text not null, bytes integer not null, width integer, height integer,
        kept text not null) strict, without rowid""",
    # url: as it stands in the article; digest: null until it is kept
    """create table article_media (
        article integer not null references articles(id), url text not null, role text not null,
        digest text references media(digest), primary key (article, url)) strict, without rowid""",
    "create index article_media_url on article_media(url, digest)",
    "create index article_media_digest on article_media(digest) where digest is not null",
    # pages of feeds (RFC 5005): members in the order they came; `closed` and `last` are positions
    """create table feeds (
        id integer primary key, path text not null unique, members integer not null default 0,
        closed integer not null default 0) strict""",
    """create table feed_members (
        feed integer not null references feeds(id), position integer not null,
        article integer not null references articles(id), primary key (feed, position)) strict, without rowid""",
    "create index feed_members_article on feed_members(article, feed, position)",
    """create table feed_pages (
        feed integer not null references feeds(id), page integer not null, last integer not null,
        primary key (feed, page)) strict, without rowid""",
    "create table stale_feeds (path text primary key, change integer not null) strict, without rowid",
    """create view articles_seg as select id, feedsvc_seg(title) as title, feedsvc_seg(author) as author,
        feedsvc_seg(text) as text from articles""",
    """create virtual table articles_fts using fts5(title, author, text, content="articles_seg", content_rowid="id",
        tokenize="unicode61 remove_diacritics 2")""",
)

# Rows of one second in the order of their ids: so Datasette goes on behind the last row of a page, and so do our lists
_ARCHIVE_2 = (
    "drop index articles_sort",
    "drop index articles_source_sort",
    "create index articles_sort on articles(sort_ts desc)",
    "create index articles_source_sort on articles(source, sort_ts desc)",
)

_OPS_1 = (
    """create table source_state (
        source text primary key, due text, interval real, failures integer not null default 0,
        last_try text, last_ok text, last_change text, error text not null default '',
        error_kind text not null default '', moved_from text not null default '', moved_to text not null default '',
        moved_polls integer not null default 0, stopped text, ttl real, skip_hours text not null default '[]',
        entries integer not null default 0) strict""",
    """create table runs (
        id integer primary key, source text not null, started text not null, finished text not null, outcome text not null,
        seen integer not null, read integer not null, added integer not null, revised integer not null,
        moved integer not null, unchanged integer not null, skipped integer not null, failed integer not null,
        gone integer not null, error text not null default '') strict""",
    "create index runs_source on runs(source, id desc)",
    """create table fetches (
        id integer primary key, source text not null, at text not null, url text not null, final_url text not null,
        status integer not null, outcome text not null, wire_bytes integer not null, body_bytes integer not null,
        seconds real not null, error text not null default '') strict""",
    "create index fetches_source on fetches(source, id desc)",
    """create table failures (
        id integer primary key, source text not null, locator text not null, stage text not null, kind text not null,
        reason text not null, trace text not null default '', fingerprint text not null default '',
        digest text not null default '', body blob, media_type text not null default '',
        first_seen text not null, last_seen text not null, tries integer not null default 1, program text not null,
        resolved text, unique (source, locator)) strict""",
    """create table subscriptions (
        list text not null, source text not null, position integer not null, url text not null,
        title text not null default '', categories text not null default '[]', seen text not null, gone text,
        primary key (list, source)) strict, without rowid""",
    """create table pings (
        topic text primary key, since text not null, due text not null, tries integer not null default 0,
        error text not null default '') strict, without rowid""",
    # digest: of what was put there; "" = nothing yet; stamp: of the file then; due: of the next try, null = it is there
    """create table mirrored (
        place text not null, path text not null, digest text not null, stamp text not null, at text not null,
        tries integer not null, due text, error text not null, primary key (place, path)) strict, without rowid""",
    """create table gaps (
        id integer primary key, source text not null, locator text not null, found text not null, after text not null,
        entries integer not null, note text not null, walked text, unique (source, locator, after)) strict""",
    # beside: the article next to whose document the picture lies, 0 = it is on the web; due: null = given up
    """create table media_queue (
        url text not null, beside integer not null, source text not null, article integer not null, role text not null,
        since text not null, due text, tries integer not null default 0, kind text not null default '',
        error text not null default '', primary key (url, beside)) strict, without rowid""",
    "create index media_queue_due on media_queue(due, article)",
)

_CAPTURES_1 = (
    # codec: 0 stored, 1 zlib, 2 zlib with dictionary
    """create table captures (digest text primary key, codec integer not null, dictionary integer,
        size integer not null, body blob not null) strict, without rowid""",
    """create table dictionaries (
        id integer primary key, kind text not null, made text not null, body blob not null) strict""",
    """create table readings (
        id integer primary key, source text not null, locator text not null,
        digest text not null references captures(digest), media_type text not null, url text not null default '',
        read_at text not null, unique (source, locator, digest)) strict""",
)


def _run(db: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        db.execute(statement)


@ARCHIVE_MIGRATIONS()
def archive_1(db: Database) -> None:
    """Create the first tables of archive.db."""
    _run(db, _ARCHIVE_1)


@ARCHIVE_MIGRATIONS()
def archive_2(db: Database) -> None:
    """Let ties of `sort_ts` come in the order of `id`."""
    _run(db, _ARCHIVE_2)


@OPS_MIGRATIONS()
def ops_1(db: Database) -> None:
    """Create the first tables of ops.db."""
    _run(db, _OPS_1)


@CAPTURES_MIGRATIONS()
def captures_1(db: Database) -> None:
    """Create the first tables of captures.db."""
    _run(db, _CAPTURES_1)
