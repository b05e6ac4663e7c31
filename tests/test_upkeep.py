"""Looking after an archive: replay says what today's rules would change, doctor what is broken, backup loses nothing."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from feedsvc.app import open_view
from feedsvc.app.upkeep import back_up, examine, examine_feeds, make_anew, replay_now
from feedsvc.errors import ArchiveError, ArchiveFullError
from feedsvc.model import FeedSpec, Selection
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feedsvc.store.archive import Archive


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return an archive of three posts, one of which has a past."""
    home = Home(tmp_path)
    for number in range(3):
        home.write(
            f"post-{number}.md", a_post(f"Post {number}", f"The text of number {number}, with words of its own.")
        )
    home.ingest(emit=True)
    home.write("post-1.md", a_post("Post 1", "The text of number 1 was written again from the beginning."))
    home.ingest(emit=True)
    yield home
    home.service.close_now()


def stored(home: Home, sql: str) -> list[tuple[object, ...]]:
    return home.owner_does(lambda archive: archive.db.conn.execute(sql).fetchall())


def spoil(home: Home, sql: str) -> None:
    home.owner_does(lambda archive: archive.db.conn.execute(sql).fetchall())


# ---------------------------------------------------------------- replay


def test_a_replay_with_the_same_rules_changes_nothing(home: Home) -> None:
    report = replay_now(home.service, apply=True, announce=False)
    assert (report.captures, report.articles, report.changed, report.added) == (4, 3, 0, 0)
    assert stored(home, "select max(revision) from articles") == [(2,)]


def test_a_replay_shows_what_would_change_and_writes_nothing(home: Home) -> None:
    spoil(home, "update articles set summary = 'what older rules made' where locator = 'post-0.md'")
    report = replay_now(home.service, apply=False, announce=False)
    assert [change.fields["summary"][0] for change in report.changes] == ["what older rules made"]
    assert report.fields == {"summary": 1}
    assert stored(home, "select summary from articles where locator = 'post-0.md'") == [("what older rules made",)]


def test_an_applied_replay_is_a_revision_of_ours_that_moves_no_date(home: Home) -> None:
    before = stored(home, "select updated from articles where locator = 'post-0.md'")
    spoil(home, "update articles set summary = 'what older rules made' where locator = 'post-0.md'")
    replay_now(home.service, apply=True, announce=False)
    assert stored(home, "select updated from articles where locator = 'post-0.md'") == before
    assert stored(
        home,
        "select r.origin, r.announced from revisions r join articles a on a.id = r.article"
        " where a.locator = 'post-0.md' order by r.revision",
    ) == [("source", 1), ("replay", 0)]


def test_an_announced_replay_is_seen_by_subscribers(home: Home) -> None:
    before = stored(home, "select updated from articles where locator = 'post-0.md'")
    spoil(home, "update articles set summary = 'what older rules made' where locator = 'post-0.md'")
    home.clock.pass_by(hours=1)
    replay_now(home.service, apply=True, announce=True)
    assert stored(home, "select updated from articles where locator = 'post-0.md'") > before


def test_a_replay_judges_an_article_by_its_newest_bytes(home: Home) -> None:
    spoil(home, "update articles set content = '' where locator = 'post-1.md'")
    replay_now(home.service, apply=True, announce=False)
    assert stored(home, "select content like '%written again%' from articles where locator = 'post-1.md'") == [(1,)]


def test_a_replay_reads_no_source(home: Home) -> None:
    for post in home.content.iterdir():
        post.unlink()
    assert replay_now(home.service, apply=True, announce=False).changed == 0
    assert stored(home, "select count(*) from articles") == [(3,)]


def older(home: Home, locator: str, column: str, before: str, after: str) -> None:
    """Let older rules have made `before` of what today's rules make `after` of."""
    sql = f"update articles set {column} = replace({column}, '{after}', '{before}') where locator = '{locator}'"
    spoil(home, sql)


def test_a_replay_says_how_many_words_pictures_and_dates_come_back(home: Home) -> None:
    home.write(
        "fair.md",
        a_post(
            "Fair",
            "集市将于4月28日开门。From 9~10 to 11~12.\n\n![](https://x.example/a.png) ![](https://x.example/b.png)",
        ),
    )
    home.ingest()
    older(home, "fair.md", "text", "集市将于开门。From 910 to 1112.", "集市将于4月28日开门。From 9~10 to 11~12.")
    older(home, "fair.md", "content", "", '<img src="https://x.example/b.png" alt="">')
    older(home, "post-0.md", "text", "The of number 0, with words", "The text of number 0, with words")
    spoil(home, "update articles set published = null where locator = 'post-2.md'")
    spoil(home, "update articles set text = text || ' Advertisement' where locator = 'post-2.md'")
    report = replay_now(home.service, apply=False, announce=False)
    told = {what: (each.gained, each.gaining, each.lost, each.losing) for what, each in report.balances.items()}
    assert told == {
        # 4 月 28 日 9 10 11 12 and "text" come back; 910, 1112 and "Advertisement" go
        "words": (9, 2, 3, 2),
        "pictures": (1, 1, 0, 0),
        "dates": (1, 1, 0, 0),
    }
    assert report.added == 0


def test_a_replay_says_how_many_articles_it_finds_in_bytes_that_gave_none(home: Home) -> None:
    spoil(home, "delete from aliases where article in (select id from articles where locator = 'post-0.md')")
    spoil(home, "update articles set locator = 'another.md', digest = '', text_digest = '' where locator = 'post-0.md'")
    report = replay_now(home.service, apply=False, announce=False)
    assert report.added == 1
    assert report.balances == {}


# ---------------------------------------------------------------- doctor


def found(home: Home) -> list[str]:
    return [finding.level for finding in home.owner_does(lambda archive: list(examine(archive)))]


def test_a_whole_archive_has_no_finding(home: Home) -> None:
    assert found(home) == []
    assert examine_feeds(home.service) == []


def test_a_text_that_is_not_what_was_written_is_damage_and_replay_mends_it(home: Home) -> None:
    spoil(home, "update articles set text = 'rot' where locator = 'post-2.md'")
    assert "damage" in found(home)
    replay_now(home.service, apply=True, announce=False)
    make_anew(home.service)
    assert found(home) == []


def test_wrong_counts_and_a_stale_index_are_made_anew(home: Home) -> None:
    spoil(home, "update categories set article_count = 99")
    spoil(home, "delete from articles_fts_docsize where id = 1")
    assert found(home) == ["fault", "fault"]
    make_anew(home.service)
    assert found(home) == []


def test_a_lost_capture_is_named(home: Home) -> None:
    digest = stored(home, "select digest from documents where locator = 'post-0.md'")[0][0]

    def lose(archive: Archive) -> None:
        archive.captures.db.conn.execute("pragma foreign_keys=off")
        archive.captures.db.conn.execute("delete from captures where digest = ?", [digest])

    home.owner_does(lose)
    whats = [finding.what for finding in home.owner_does(lambda archive: list(examine(archive)))]
    assert any("posts:post-0.md" in what for what in whats)


def test_a_feed_that_is_not_what_the_archive_gives_is_found_and_left(home: Home) -> None:
    feed = home.folder / "archive" / "feeds" / "all.atom"
    feed.write_text("<feed/>")
    (finding,) = examine_feeds(home.service)
    assert "all.atom" in finding.what
    assert feed.read_text() == "<feed/>"


def test_a_feed_whose_query_fails_is_a_fault(home: Home) -> None:
    broken = FeedSpec(
        path="custom/broken", title="Broken", selection=Selection(sql="select nope from nothing"), formats=("atom",)
    )
    home.service.reload(replace(home.config, custom=(broken,)))
    home.service.emit_now()
    (finding,) = examine_feeds(home.service)
    assert "'custom/broken'" in finding.what
    assert "config.toml" in finding.remedy


def test_feeds_that_wait_to_be_emitted_are_no_fault(home: Home) -> None:
    home.write("post-9.md", a_post("Post 9", "Not emitted yet."))
    home.ingest()
    assert [finding.level for finding in examine_feeds(home.service)] == ["note"]
    assert home.view.stale_feeds()


# ---------------------------------------------------------------- backup


def test_a_backup_holds_the_whole_archive_while_it_is_in_use(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "copy.tar"
    assert back_up(home.folder / "archive", target) == target.stat().st_size
    with tarfile.open(target) as tar:
        tar.extractall(tmp_path / "restored", filter="data")
    with closing(sqlite3.connect(tmp_path / "restored" / "archive.db")) as copy:
        assert copy.execute("select count(*) from articles").fetchone() == (3,)
        assert copy.execute("select count(*) from revisions").fetchone() == (4,)
    with closing(sqlite3.connect(tmp_path / "restored" / "captures.db")) as copy:
        assert copy.execute("select count(*) from captures").fetchone() == (4,)


def test_a_restored_backup_goes_on_where_it_was(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "copy.tar"
    back_up(home.folder / "archive", target)
    home.service.close_now()
    archive = home.folder / "archive"
    for file in archive.glob("*.db*"):
        file.unlink()
    with tarfile.open(target) as tar:
        tar.extractall(archive, filter="data")
    home.service = home.opened()
    assert home.counts() == {}
    assert found(home) == []


def test_no_archive_and_no_room_are_said(home: Home, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="holds no archive"):
        back_up(tmp_path, tmp_path / "copy.tar")
    with pytest.raises(ArchiveFullError, match="cannot be written"):
        back_up(home.folder / "archive", tmp_path / "nowhere" / "copy.tar")


def test_a_view_reads_beside_the_writer(home: Home) -> None:
    with open_view(home.config) as archive:
        assert archive.totals()["articles"] == 3


def test_rotten_bytes_are_damage(home: Home) -> None:
    rot = "update captures set body = x'00' where size = (select max(size) from captures)"
    home.owner_does(lambda archive: archive.captures.db.conn.execute(rot).fetchall())
    findings = home.owner_does(lambda archive: list(examine(archive)))
    assert [(finding.level, finding.where) for finding in findings] == [("damage", "captures.db")]
