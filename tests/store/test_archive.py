"""What people find in the three files: revisions, exact counts, twins, the index, bytes, runs and the quarantine."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.model import Enclosure, Failure, FeedHead, Person, Repair, RunReport, Selection
from feedsvc.ports import Fetch
from feedsvc.store.archive import Archive
from feedsvc.store.captures import DEFLATED, STORED, WITH_DICTIONARY
from feedsvc.store.slugs import distinct, slug
from tests.store.making import HOUR, NOON, PLANET, POSTS, Intaking, a_document, an_article, an_entry, guid, link

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def intake(archive: Archive) -> Intaking:
    return Intaking(archive)


def rows(archive: Archive, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return archive.db.conn.execute(sql, values).fetchall()


# ---------------------------------------------------------------- revisions and what hangs on them


def test_every_revision_is_kept_with_its_content(archive: Archive, intake: Intaking) -> None:
    texts = [f"Draft {number} of a note on harbours, with ropes and gulls." for number in range(4)]
    for number, text in enumerate(texts):
        intake.take(an_article("harbour", text=text, title=f"Harbours {number}", url=f"https://e.example/{number}"))
    kept = rows(
        archive, "select revision, title, text, content, url, announced, origin from revisions order by revision"
    )
    assert [row[0] for row in kept] == [1, 2, 3, 4]
    assert [row[1] for row in kept] == [f"Harbours {number}" for number in range(4)]
    assert [row[2] for row in kept] == [*texts[:3], None]
    assert kept[0][3:] == (
        "<p>Draft 0 of a note on harbours, with ropes and gulls.</p>",
        "https://e.example/0",
        1,
        "source",
    )
    assert rows(archive, "select text, revision from articles") == [(texts[3], 4)]


def test_a_revision_of_ours_says_so(archive: Archive, intake: Intaking) -> None:
    intake.take(an_article("harbour"))
    intake.take(an_article("harbour", title="Harbours"), origin="replay", announce=False)
    assert rows(archive, "select origin, announced from revisions") == [("source", 1), ("replay", 0)]


def test_repairs_and_authors_are_those_of_the_newest_revision(archive: Archive, intake: Intaking) -> None:
    mended = Repair(rule="dates.body", field="published", before="Invalid Date", after="2024-03-01")
    intake.take(an_article("harbour", repairs=(mended,), people=(Person(name="Ada Byron"), Person(name="Ada Byron"))))
    assert rows(archive, "select rule, before, revision from repairs") == [("dates.body", "Invalid Date", 1)]
    intake.take(an_article("harbour", title="Harbours", people=(Person(name="Grace Murray", role="editor"),)))
    assert rows(archive, "select count(*) from repairs") == [(0,)]
    signed = "select w.name, aa.role from article_authors aa join authors w on w.id = aa.author"
    assert rows(archive, signed) == [("Grace Murray", "editor")]
    assert dict(rows(archive, "select name, article_count from authors")) == {"Ada Byron": 0, "Grace Murray": 1}


def test_enclosures_come_back_as_they_went_in(archive: Archive, intake: Intaking) -> None:
    files = (
        Enclosure(url="https://e.example/a.mp3", media_type="audio/mpeg", length=9, title="潮"),
        Enclosure(url="https://e.example/b"),
    )
    intake.take(an_article("harbour", enclosures=files))
    assert archive.select(Selection(), 1)[0].enclosures == files


def test_a_source_is_named_by_its_configuration_else_by_its_feed(archive: Archive) -> None:
    head = FeedHead(title="Harbour news", link="https://harbour.example/", language="en")
    Intaking(archive, PLANET).take(an_entry("harbour"), head=head)
    Intaking(archive, PLANET).take(an_entry("orchard"))
    assert rows(archive, "select title, site_url, language, article_count from sources") == [
        ("Harbour news", "https://harbour.example/", "en", 2)
    ]
    Intaking(archive, replace(PLANET, title="Ours")).take(an_entry("pier"), head=head)
    assert rows(archive, "select title from sources") == [("Ours",)]


PATHS = [("sea",), ("sea", "ports"), ("sea", "ports", "docks"), ("land",), ("land", "ports"), ("Sea",)]
steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True)), max_size=8
)


@settings(max_examples=25)
@given(steps)
def test_counts_are_exact_whatever_moves_where(tmp_path_factory: pytest.TempPathFactory, moves: Any) -> None:
    archive = Archive(tmp_path_factory.mktemp("archive"), "1.0")
    intake, placed = Intaking(archive), {}
    for name, paths in moves:
        people = tuple(Person(name="/".join(path)) for path in paths)
        intake.take(an_article(name, categories=tuple(paths), people=people))
        placed[name] = paths
    expected = Counter(
        prefix for paths in placed.values() for prefix in {p[:n] for p in paths for n in range(1, 4) if p[:n]}
    )
    counted = {path: number for path, number in rows(archive, "select path, article_count from categories") if number}
    assert counted == {"/".join(path): number for path, number in expected.items()}
    for path, number in expected.items():
        assert len(archive.select(Selection(category=path), 99)) == number
    authors = Counter("/".join(path) for paths in placed.values() for path in paths)
    assert {name: n for name, n in rows(archive, "select name, article_count from authors") if n} == dict(authors)
    archive.close()


def test_the_index_holds_the_newest_revision_alone(archive: Archive, intake: Intaking) -> None:
    intake.take(an_article("harbour", text="港口的潮汐表", title="散步手记"))
    intake.take(an_article("harbour", text="果园的梨", title="散步手记"))
    assert [len(archive.select(Selection(search=words), 9)) for words in ("潮汐", "梨", "果园")] == [0, 1, 1]
    archive.db.conn.execute("insert into articles_fts (articles_fts, rank) values ('integrity-check', 1)")


# ---------------------------------------------------------------- twins


def test_articles_of_one_text_in_two_sources_know_each_other(archive: Archive, intake: Intaking) -> None:
    intake.take(an_article("harbour"))
    Intaking(archive, PLANET).take(an_entry("harbour"))
    pairs = "select a.source, b.source, why from also_in t join articles a on a.id = t.article join articles b on b.id = t.other"
    assert sorted(rows(archive, pairs)) == [("planet", "posts", "text"), ("posts", "planet", "text")]


def test_articles_of_one_link_in_two_sources_know_each_other(archive: Archive) -> None:
    page = link("e.example/1")
    other = replace(PLANET, name="mirror")
    Intaking(archive, PLANET).take(an_entry("harbour", keys=(guid("1"), page)))
    Intaking(archive, other).take(an_entry("harbour", source="mirror", text="A summary.", keys=(guid("9"), page)))
    assert sorted(rows(archive, "select article, other, why from also_in")) == [(1, 2, "link"), (2, 1, "link")]


def test_a_short_text_is_a_twin_only_under_one_title(archive: Archive, intake: Intaking) -> None:
    intake.take(
        *(an_article(name, text="Read more", title=title) for name, title in (("a", "X"), ("b", "Y"), ("c", "X")))
    )
    assert sorted(rows(archive, "select article, other from also_in")) == [(1, 3), (3, 1)]


# ---------------------------------------------------------------- times


def test_a_fraction_of_a_second_makes_no_difference(archive: Archive, intake: Intaking) -> None:
    published = NOON - timedelta(days=1) + timedelta(microseconds=123456)
    for _ in range(2):
        intake.take(an_article("harbour", published=published, published_from="feed"))
    assert archive.change() == 1
    assert rows(archive, "select published, revision from articles") == [("2024-04-30T12:00:00Z", 1)]


def test_last_seen_moves_once_a_day(archive: Archive, intake: Intaking) -> None:
    seen = []
    for hours in (0, 5, 24, 5, 24):
        intake.at += timedelta(hours=hours) - (HOUR if hours else timedelta())
        intake.take(an_article("harbour"))
        seen += rows(archive, "select last_seen from articles")
    assert [text for (text,) in seen] == [
        "2024-05-01T12:00:00Z",
        "2024-05-01T12:00:00Z",
        "2024-05-02T17:00:00Z",
        "2024-05-02T17:00:00Z",
        "2024-05-03T22:00:00Z",
    ]


@pytest.mark.parametrize("year", [1, 1900, 9999])
def test_dates_of_any_year_are_kept(year: int, archive: Archive, intake: Intaking) -> None:
    published = NOON.replace(year=year)
    intake.take(an_article("harbour", published=published, published_from="front-matter"))
    assert archive.select(Selection(), 1)[0].published == published


# ---------------------------------------------------------------- captures


def noise(size: int) -> bytes:
    blocks = (hashlib.sha256(str(number).encode()).digest() for number in range(size // 32 + 1))
    return b"".join(blocks)[:size]


@pytest.mark.parametrize("body", [b"", b"x", b"harbour " * 9000, noise(500), noise(90_000)], ids=len)
def test_bytes_come_back_as_they_went_in(body: bytes, archive: Archive) -> None:
    digest = hashlib.sha256(body).hexdigest()
    archive.captures.keep("directory", [a_document("a.md", body=body, digest=digest)])
    assert archive.captures.body(digest) == body
    (reading,) = archive.readings("posts")
    assert (reading.locator, reading.body, reading.fetched_at) == ("a.md", body, NOON)


def test_each_document_is_stored_in_the_form_that_is_smallest(archive: Archive) -> None:
    posts = [
        f"---\ntitle: Post {n}\nlayout: post\nlang: en\n---\n\n<p class='lead'>Number {n}</p>\n".encode()
        for n in range(70)
    ]
    large = b"a long story " * 9000
    documents = [
        a_document(f"{n}.md", body=body, digest=hashlib.sha256(body).hexdigest())
        for n, body in enumerate([*posts, large])
    ]
    archive.captures.keep("directory", documents[:3])
    archive.captures.keep("directory", documents)
    codecs = Counter(codec for (codec,) in archive.captures.db.execute("select codec from captures"))
    assert (codecs[STORED] + codecs[DEFLATED], codecs[WITH_DICTIONARY]) == (4, 67)
    again = Archive(archive.path.parent, "1.0", readonly=True)
    assert [again.captures.body(document.digest) for document in documents] == [*posts, large]
    again.close()
    packed = sum(size for (size,) in archive.captures.db.execute("select length(body) from captures where codec = 2"))
    assert packed < sum(len(zlib.compress(body)) for body in posts[3:]) / 2


def test_the_same_bytes_are_kept_once_and_every_place_is_noted(archive: Archive) -> None:
    documents = [a_document(name, body=b"same", digest="d" * 64) for name in ("a.md", "b.md")]
    for _ in range(2):
        archive.captures.keep("directory", documents)
    assert [reading.locator for reading in archive.readings("posts")] == ["b.md", "a.md"]
    assert archive.captures.db.execute("select count(*) from captures").fetchone() == (1,)
    assert list(archive.captures.all()) == [("d" * 64, b"same")]


# ---------------------------------------------------------------- runs and quarantine


def a_failure(locator: str, **changes: Any) -> Failure:
    fields = {
        "source": "posts",
        "locator": locator,
        "stage": "parse",
        "kind": "encoding",
        "reason": "no text",
        **changes,
    }
    return Failure(**fields)


def test_a_failure_that_happens_again_is_counted(archive: Archive) -> None:
    archive.operations.quarantine([a_failure("a.md", body=b"\xff")], NOON)
    archive.operations.quarantine([a_failure("a.md", reason="still no text", body=b"\xfe")], NOON + HOUR)
    (row,) = archive.operations.failures()
    whole = archive.operations.failure(row["id"])
    assert whole is not None
    assert (row["tries"], row["first_seen"], row["last_seen"]) == (2, "2024-05-01T12:00:00Z", "2024-05-01T13:00:00Z")
    assert (whole["reason"], whole["body"]) == ("still no text", b"\xfe")


def test_a_failed_item_is_resolved_when_its_document_gives_it(archive: Archive, intake: Intaking) -> None:
    bad = [a_failure(f"feed.xml#{name}", stage="normalise") for name in ("1", "2#x")]
    archive.commit(intake.batch(documents=(a_document("feed.xml", failures=tuple(bad)),)))
    assert len(archive.operations.failures()) == 2
    archive.commit(intake.batch(documents=(a_document("feed.xml", failures=(bad[1],)),)))
    assert [row["locator"] for row in archive.operations.failures()] == ["feed.xml#2#x"]
    archive.commit(intake.batch(documents=(a_document("feed.xml"),)))
    assert archive.operations.failures() == []


def test_a_failure_of_another_document_stays(archive: Archive, intake: Intaking) -> None:
    archive.operations.quarantine([a_failure("feed.xml"), a_failure("a.md", source="attic")], NOON)
    archive.commit(intake.batch(documents=(a_document("feed"), a_document("a.md"))))
    assert len(archive.operations.failures()) == 2


def test_what_failed_under_another_version_is_read_again(archive: Archive, intake: Intaking) -> None:
    document = a_document("a.md", failures=(a_failure("a.md"),))
    archive.commit(intake.batch(documents=(document,)))
    assert archive.fingerprints("posts") == {"a.md": document.fingerprint}
    newer = Archive(archive.path.parent, "2.0", readonly=True)
    assert newer.fingerprints("posts") == {"a.md": ""}
    newer.close()


def test_a_source_with_nothing_new_was_read_all_the_same(archive: Archive) -> None:
    Intaking(archive, PLANET).take(an_entry("harbour"), head=FeedHead(title="Planet"))

    def last_read_after(minutes: int, outcome: str) -> str:
        at = NOON + timedelta(minutes=minutes)
        archive.record_run(RunReport(source="planet", started=at, finished=at, outcome=outcome), ())
        ((found,),) = rows(archive, "select last_read from sources where name = 'planet'")
        return str(found)

    assert last_read_after(59, "unchanged") == "2024-05-01T12:00:00Z"  # it moves once an hour
    assert last_read_after(70, "timeout") == "2024-05-01T12:00:00Z"
    assert last_read_after(80, "unchanged") == "2024-05-01T13:20:00Z"


def test_what_is_only_told_does_not_wait_for_the_disk_and_an_article_does(archive: Archive, intake: Intaking) -> None:
    full, normal = 2, 1  # SQLite's numbers for `synchronous`
    archive.record_run(RunReport(source="posts", started=NOON, finished=NOON), ())
    assert archive.operations.db.conn.execute("pragma synchronous").fetchone() == (normal,)
    intake.take(
        an_article("harbour"), failures=(Failure(source="posts", locator="b.md", stage="read", kind="io", reason="no"),)
    )
    for db in (archive.db, archive.captures.db, archive.operations.db):
        assert db.conn.execute("pragma synchronous").fetchone() == (full,)


def test_the_last_thousand_runs_and_fetches_are_kept(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.store.operations._KEPT_RUNS", 3)
    monkeypatch.setattr("feedsvc.store.operations._KEPT_FETCHES", 4)
    for number in range(6):
        for source in ("posts", "planet"):
            report = RunReport(source=source, started=NOON + number * HOUR, seen=number)
            archive.record_run(
                report, [Fetch(url="https://e.example/", status=200 + number), Fetch(url="https://e.example/2")]
            )
    for source in ("posts", "planet"):
        runs = archive.operations.db.query("select seen from runs where source = ? order by id", [source])
        assert [row["seen"] for row in runs] == [3, 4, 5]
        assert archive.operations.db["fetches"].count_where("source = ?", [source]) == 4
    assert {name: row["seen"] for name, row in archive.operations.last_runs().items()} == {"posts": 5, "planet": 5}


# ---------------------------------------------------------------- slugs

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(lambda name: "/" not in name)


@given(st.lists(names, min_size=1, max_size=4).map(tuple))
def test_a_slug_is_a_safe_path(path: tuple[str, ...]) -> None:
    parts = slug(path).split("/")
    assert len(parts) == len(path)
    for part in parts:
        assert 0 < len(part.encode()) <= 140
        assert part not in (".", "..")
        assert part == part.strip(" .")
        assert not set(part) & set('<>:"\\|?*%#\0\n\u202e')


@given(names, names)
def test_two_names_never_share_a_slug(one: str, other: str) -> None:
    assert (slug((one,)) == slug((other,))) == (one == other)


def test_twins_in_case_get_slugs_of_their_own(archive: Archive, intake: Intaking) -> None:
    paths = [("AI",), ("ai",), ("Ai",)]
    intake.take(*(an_article(f"{n}", categories=(path,)) for n, path in enumerate(paths)))
    slugs = [each for (each,) in rows(archive, "select slug from categories order by id")]
    assert slugs[0] == "AI"
    assert len({each.casefold() for each in slugs}) == 3
    assert slugs[1] == distinct(("ai",))


def test_the_archive_is_its_namespace_and_its_keys(tmp_path: Path, archive: Archive, intake: Intaking) -> None:
    other = Archive(tmp_path / "other", "1.0", archive.namespace)
    for each in (intake, Intaking(other, POSTS)):
        each.take(an_article("harbour"))
    assert other.select(Selection(), 1)[0].uuid == archive.select(Selection(), 1)[0].uuid
    other.close()
