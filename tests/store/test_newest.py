"""What a feed shows is the newest of its selection that are not withdrawn, however they are filed: held against a plain count."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from feedsvc.errors import ConfigError
from feedsvc.model import Selection
from feedsvc.store import queries
from feedsvc.store.schema import ARCHIVE_MIGRATIONS
from feedsvc.store.search_index import register

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

START = 1_700_000_000  # seconds since 1970
AT = "2024-05-01T12:00:00Z"
NAMES = UUID("6f1c1c0e-6f0f-4b52-9c7d-0a7a6f6d2b11")
PATHS = ("news", "news/a", "news/a/x", "news/b", "newsroom", "新闻", "新闻/财经", "sport")
SOURCES = ("posts", "planet")
WORDS = ("harbour", "orchard", "港口")
ENTRIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An article as far as it matters which feeds show it."""

    sort_ts: int
    leaves: tuple[str, ...] = ("news",)
    source: str = "posts"
    language: str = "en"
    word: str = "harbour"
    withdrawn: str = ""
    author: str = ""


def uuid_of(number: int) -> str:
    return str(uuid5(NAMES, str(number)))


@pytest.fixture(scope="module")
def empty() -> Iterator[sqlite3.Connection]:
    """Yield an archive in memory, which each test fills inside a transaction that is rolled back."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    register(connection)
    ARCHIVE_MIGRATIONS.apply(Database(connection))
    connection.executemany(
        "insert into sources (name, kind, first_seen) values (?, 'directory', '')", [(name,) for name in SOURCES]
    )
    yield connection
    connection.close()


@pytest.fixture
def db(empty: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    empty.execute("begin")
    yield empty
    empty.execute("rollback")


def fill(db: sqlite3.Connection, posts: Sequence[Post], paths: Iterable[str] = PATHS) -> None:
    """Put `posts` into `db`: the n-th, from 1, is article n."""
    ids = {path: number for number, path in enumerate(paths, 1)}
    db.executemany(
        "insert into categories (id, path, name, slug, depth) values (?, ?, ?, ?, ?)",
        [(number, path, path.rpartition("/")[2], path, path.count("/") + 1) for path, number in ids.items()],
    )
    db.executemany(
        "insert into articles (id, uid, uuid, source, locator, title, language, sort_ts, withdrawn, text, content,"
        f" digest, updated, first_seen, last_seen) values (?, ?, ?, ?, '', ?, ?, ?, ?, ?, '', '', '{AT}', '{AT}', '{AT}')",
        [
            (
                n,
                f"urn:{n}",
                uuid_of(n),
                each.source,
                each.word,
                each.language,
                each.sort_ts,
                each.withdrawn or None,
                each.word,
            )
            for n, each in enumerate(posts, 1)
        ],
    )
    db.executemany(
        "insert into article_categories (category, sort_ts, article) values (?, ?, ?)",
        [(ids[leaf], post.sort_ts, n) for n, post in enumerate(posts, 1) for leaf in post.leaves],
    )
    db.executemany("insert or ignore into authors (name) values (?)", [(post.author,) for post in posts if post.author])
    db.executemany(
        "insert into article_authors (article, position, author, role) select ?, 0, id, 'author' from authors where name = ?",
        [(n, post.author) for n, post in enumerate(posts, 1) if post.author],
    )
    db.execute("insert into articles_fts (articles_fts) values ('rebuild')")


def shown(db: sqlite3.Connection, selection: Selection, limit: int = ENTRIES) -> list[int]:
    return [mark.id for mark in queries.newest(db, selection, limit, None)]


def expected(posts: Sequence[Post], selection: Selection, limit: int = ENTRIES) -> list[int]:
    """Return what a feed of `selection` holds, by going through all posts."""
    path, excluded = "/".join(selection.category), selection.search.startswith("NOT ")
    live = [
        number
        for number, post in enumerate(posts, 1)
        if not post.withdrawn
        and (not path or any(f"{leaf}/".startswith(f"{path}/") for leaf in post.leaves))
        and selection.source in ("", post.source)
        and selection.language in ("", post.language)
        and selection.author in ("", post.author)
        and (post.word != selection.search[4:] if excluded else selection.search in ("", post.word))
    ]
    return sorted(live, key=lambda number: (-posts[number - 1].sort_ts, uuid_of(number)))[:limit]


RUNS = st.builds(
    lambda count, step, post: (count, step, post),
    st.integers(1, 20) | st.integers(100, 170),
    st.sampled_from((0, 0, 1, 7)),
    st.builds(
        Post,
        sort_ts=st.integers(START, START + 40),
        leaves=st.lists(st.sampled_from(PATHS), unique=True, max_size=6).map(tuple) | st.just(PATHS[:4]),
        source=st.sampled_from(SOURCES),
        language=st.sampled_from(("en", "zh")),
        word=st.sampled_from(WORDS),
        withdrawn=st.sampled_from(("", "", AT)),
        author=st.sampled_from(("", "Ada")),
    ),
)
POSTS = st.lists(RUNS, max_size=5).map(
    lambda runs: [replace(post, sort_ts=post.sort_ts - step * n) for count, step, post in runs for n in range(count)]
)
PLACES = st.sampled_from(((), *(tuple(path.split("/")) for path in PATHS)))
SELECTIONS = st.builds(Selection, category=PLACES | st.just(("news",))) | st.builds(
    Selection,
    category=PLACES,
    source=st.sampled_from(("", "", *SOURCES)),
    language=st.sampled_from(("", "", "zh")),
    author=st.sampled_from(("", "", "Ada")),
    search=st.sampled_from(("", "", *WORDS, *(f"NOT {word}" for word in WORDS))),
    sql=st.sampled_from(("", "", "select id from articles", "select article from article_categories")),
)


@given(posts=POSTS, selection=SELECTIONS, limit=st.integers(1, 8) | st.just(ENTRIES))
@settings(max_examples=80, deadline=None)
def test_a_feed_is_the_newest_of_its_selection(
    empty: sqlite3.Connection, posts: list[Post], selection: Selection, limit: int
) -> None:
    empty.execute("begin")
    try:
        fill(empty, posts)
        filed = [
            post if post.leaves or "categories" not in selection.sql else replace(post, withdrawn=AT) for post in posts
        ]
        assert shown(empty, selection, limit) == expected(filed, selection, limit)
    finally:
        empty.execute("rollback")


def in_a_row(count: int, **changes: object) -> list[Post]:
    """Return `count` posts, the newest first."""
    return [Post(sort_ts=START - n, **changes) for n in range(count)]  # type: ignore[arg-type]


LEAVES = tuple(f"tech/{name}" for name in "abcdefghijkl")


@pytest.mark.parametrize(
    ("posts", "path"),
    [
        (in_a_row(120, leaves=LEAVES), "tech"),
        (in_a_row(200, leaves=tuple(f"planet/{n}" for n in range(10))), "planet"),
        (in_a_row(90, leaves=tuple(f"科技/{n}" for n in range(40))), "科技"),
        ([*in_a_row(305, withdrawn=AT), *(Post(sort_ts=START - 400 - n) for n in range(55))], "news"),
        ([*in_a_row(4_000, withdrawn=AT), *(Post(sort_ts=START - 5_000 - n) for n in range(55))], "news"),
        ([Post(sort_ts=START) for _ in range(400)], "news"),
        ([*in_a_row(49), *(Post(sort_ts=START - 60) for _ in range(3_000))], "news"),
        (in_a_row(ENTRIES - 1, leaves=LEAVES), "tech"),
    ],
    ids=[
        "twelve leaves",
        "ten categories below a prefix",
        "forty leaves, in Chinese",
        "the newest withdrawn",
        "thousands withdrawn",
        "of one second",
        "the last of a second that many share",
        "fewer than a feed holds",
    ],
)
def test_a_category_is_full_as_long_as_it_has_articles(db: sqlite3.Connection, posts: list[Post], path: str) -> None:
    paths = sorted({path, *(leaf for post in posts for leaf in post.leaves)})
    fill(db, posts, paths)
    selection = Selection(category=tuple(path.split("/")))
    assert shown(db, selection) == expected(posts, selection)
    assert [entry.id for entry in queries.select(db, selection, ENTRIES)] == expected(posts, selection)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("NOT harbour", {2, 3}),
        ("NOT 港口", {1, 2}),
        ("NOT (harbour OR 港口)", {2}),
        ("NOT orchard NOT harbour", {3}),
        ("orchard OR NOT 港口", {1, 2}),
        ("NOT harbor", {1, 2, 3}),
        ("not harbour", set()),
    ],
)
def test_a_feed_of_what_is_excluded_has_everything_else(db: sqlite3.Connection, search: str, found: set[int]) -> None:
    posts = [Post(sort_ts=START - n, word=word) for n, word in enumerate((*WORDS, "rope"))]
    fill(db, [*posts[:3], replace(posts[3], withdrawn=AT)])
    assert set(shown(db, Selection(search=search))) == found
    assert set(shown(db, Selection(search=search, category=("news",)))) == found
    assert set(shown(db, Selection(search=search, category=("sport",)))) == set()


def test_a_category_where_all_is_withdrawn_is_empty(db: sqlite3.Connection) -> None:
    fill(db, in_a_row(300, withdrawn=AT))
    assert shown(db, Selection(category=("news",))) == []


NUMBERS = "with recursive n (id) as (select 1 union all select id + 1 from n where id < {}) select id from n"


@pytest.mark.parametrize("count", [80, 100_001, 300_000])
def test_the_newest_may_come_last_in_what_a_query_returns(
    db: sqlite3.Connection, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_SQL_SECONDS", 100.0)  # a machine may be busy
    fill(db, in_a_row(3)[::-1])
    db.execute("update articles set id = id + ? - 3", [count])
    assert shown(db, Selection(sql=NUMBERS.format(count))) == [count, count - 1, count - 2]


def test_a_query_that_returns_too_much_is_refused_and_not_cut(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_SQL_ROWS", 20_000)
    assert shown(db, Selection(sql=NUMBERS.format(20_000))) == []
    with pytest.raises(ConfigError, match="more than 20,000 rows"):
        shown(db, Selection(sql=NUMBERS.format(20_001)))


def steps(db: sqlite3.Connection, selection: Selection) -> int:
    """Return the instructions of SQLite that the newest of `selection` take, in hundreds."""
    counted = accumulate(iter(lambda: 1, 0))
    last = 0

    def count() -> int:
        nonlocal last
        last = next(counted)
        return 0

    db.set_progress_handler(count, 100)
    try:
        shown(db, selection)
    finally:
        db.set_progress_handler(None, 0)
    return last


@pytest.mark.parametrize("leaves", [1, 3], ids=["in one leaf each", "in three leaves each"])
def test_what_a_category_costs_does_not_grow_with_the_archive(db: sqlite3.Connection, leaves: int) -> None:
    paths = ["tech", *LEAVES]
    costs = []
    for count in (500, 10_000):
        db.execute("savepoint filled")
        places = [tuple(LEAVES[(n + k) % len(LEAVES)] for k in range(leaves)) for n in range(count)]
        fill(db, [Post(sort_ts=START - n, leaves=places[n]) for n in range(count)], paths)
        costs.append(steps(db, Selection(category=("tech",))))
        db.execute("rollback to filled")
    assert costs[1] < 2 * costs[0]
