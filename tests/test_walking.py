"""The pages of a feed hold its whole history, whatever happens to it, and a page that is published stays as it is."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

import feedparser
import pytest

from feedsvc.app.upkeep import examine_feeds, withdraw_now
from feedsvc.config import FeedsConfig
from feedsvc.errors import ConfigError
from tests.formats.making import check
from tests.services import Home, a_post
from tests.walker import Walk, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = 7
MANY = 40
EVERY = ("atom", "rss", "json")
BERTHS = "[[harbour, berths]]"


class Site(Home):
    """A home with a category of many posts, and readers of what it publishes."""

    def __init__(self, folder: Path, count: int, **feeds: object) -> None:
        super().__init__(folder, feeds=FeedsConfig(**{"entries": SIZE, **feeds}))  # type: ignore[arg-type]
        for number in range(count):
            self.post(number)
        self.ingest(emit=True)

    def post(self, number: int, text: str = "", **front: str) -> None:
        text = text or f"Berth {number} is free from noon."
        self.write(f"berth-{number:04}.md", a_post(f"Berth {number}", text, categories=BERTHS, **front))

    def walk(self, path: str = "category/harbour") -> Walk:
        return walk(f"{self.config.url}/feeds/{quote(path)}.atom", self.fetch)

    def fetch(self, address: str) -> bytes:
        """Return a document as a server with `gunzip on` has it: a closed page is there compressed and nothing else."""
        file = self.folder / "archive" / unquote(urlsplit(address).path).lstrip("/")
        return file.read_bytes() if file.exists() else gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes())

    def closed(self) -> dict[str, str]:
        """Return the digest of every closed page, by its path."""
        feeds = self.folder / "archive" / "feeds"
        return {
            str(file.relative_to(feeds)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in feeds.rglob("archive/*.*")
        }

    def titles(self) -> dict[str, str]:
        """Return what a reader of everything ought to know, from the archive itself."""
        with sqlite3.connect(self.folder / "archive" / "archive.db") as db:
            return dict(db.execute("select uid, title from articles where withdrawn is null").fetchall())

    def newest(self, count: int) -> list[str]:
        with sqlite3.connect(self.folder / "archive" / "archive.db") as db:
            rows = db.execute(
                "select uuid from articles where withdrawn is null order by sort_ts desc, uuid limit ?", [count]
            )
            return [uuid for (uuid,) in rows]

    def uuid(self, title: str) -> str:
        with sqlite3.connect(self.folder / "archive" / "archive.db") as db:
            (found,) = db.execute("select uuid from articles where title = ?", [title]).fetchone()
        return str(found)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, MANY)
    yield made
    made.service.close_now()


def test_a_walk_recovers_each_article_once(site: Site) -> None:
    for path in ("all", "category/harbour", "category/harbour/berths", "source/posts"):
        found = site.walk(path)
        assert found.titles == site.titles()
        assert len(found.read) == 1 + MANY // SIZE


def test_the_pages_alone_hold_each_article_at_most_once(site: Site) -> None:
    pages = [feedparser.parse(site.fetch(address)).entries for address in site.walk().read[1:]]
    ids = [entry.id for page in pages for entry in page]
    assert len(ids) == len(set(ids)) == MANY // SIZE * SIZE


def test_a_walk_recovers_edits_additions_and_withdrawals_while_closed_pages_stay(site: Site) -> None:
    closed = site.closed()
    site.post(3, "Berth 3 is closed for repairs until further notice.")
    site.write("berth-0011.md", a_post("Berth 11 renamed", "Quay of the pilots.", categories=BERTHS))
    for number in range(MANY, MANY + 5):
        site.post(number)
    site.ingest(emit=True)
    withdraw_now(site.service, [site.uuid("Berth 20")], "It never was a berth.")
    titles = site.titles()
    assert len(titles) == MANY + 4
    assert site.walk().titles == titles
    assert closed.items() <= site.closed().items()


def test_every_correction_is_found_however_many_there_are(site: Site) -> None:
    for number in range(0, MANY, 2):
        site.write(
            f"berth-{number:04}.md", a_post(f"Mooring {number}", f"Now a mooring, no {number}.", categories=BERTHS)
        )
    site.ingest(emit=True)
    assert site.walk().titles == site.titles()
    assert sum(title.startswith("Mooring") for title in site.titles().values()) == MANY // 2


def test_an_article_that_is_given_out_again_comes_back(site: Site) -> None:
    name = site.uuid("Berth 20")
    assert [each.uuid for each in withdraw_now(site.service, [name], "A mistake.")] == [name]
    assert "Berth 20" not in site.walk().titles.values()
    assert withdraw_now(site.service, [name], "Again.") == []
    withdraw_now(site.service, [name], undo=True)
    assert site.walk().titles == site.titles()
    assert len(site.titles()) == MANY


def test_an_article_that_changes_its_category_is_found_in_both(site: Site) -> None:
    site.write("berth-0005.md", a_post("Berth 5", "Berth 5 is free from noon.", categories="[[harbour, docks]]"))
    site.ingest(emit=True)
    assert list(site.walk("category/harbour/docks").titles.values()) == ["Berth 5"]
    assert "Berth 5" in site.walk("category/harbour/berths").titles.values()


def test_a_subscription_document_stays_short(site: Site) -> None:
    for number in range(MANY, MANY + 8):
        site.post(number, date="1999-05-01 10:00:00")
        site.ingest(emit=True)
        assert len(feedparser.parse(site.fetch(f"{site.config.url}/feeds/all.atom")).entries) < 2 * SIZE


def test_pages_are_as_long_as_they_were_when_they_were_closed(tmp_path: Path) -> None:
    site = Site(tmp_path, 30)
    closed = site.closed()
    site.service.close_now()
    site.config = replace(site.config, feeds=FeedsConfig(entries=4))
    site.service = site.opened()
    site.service.emit_now()
    assert site.walk().titles == site.titles()
    assert closed.items() <= site.closed().items()
    site.service.close_now()


@pytest.mark.parametrize(("many", "before", "after"), [(40, 40, 10), (45, 30, 10), (40, 40, 3), (12, 10, 8)])
def test_fewer_entries_make_shorter_documents(many: int, before: int, after: int, tmp_path: Path) -> None:
    """One page that is full is not published yet: what is in it must not stay in the subscription document for ever."""
    site = Site(tmp_path, many, entries=before)
    assert site.closed() == {}
    site.service.close_now()
    site.config = replace(site.config, feeds=FeedsConfig(entries=after))
    site.service = site.opened()
    site.service.emit_now()
    for path in ("all", "category/harbour", "source/posts"):
        assert len(feedparser.parse(site.fetch(f"{site.config.url}/feeds/{path}.atom")).entries) < 2 * after
        assert site.walk(path).titles == site.titles()
    closed = site.closed()
    site.post(3, "Berth 3 is closed for repairs until further notice.")
    site.ingest(emit=True)
    assert closed.items() <= site.closed().items()
    site.service.close_now()


@pytest.mark.parametrize("many", [60, 67, 125])
def test_the_length_of_documents_follows_the_setting_down_and_up_again(many: int, tmp_path: Path) -> None:
    """A tenth of 600 posts at `entries = 600`, then 150, 50, and 600 again; pages that are closed stay as they are."""
    site = Site(tmp_path, many, entries=60)
    pages = site.closed()
    for entries in (15, 5, 60):
        site.service.close_now()
        site.config = replace(site.config, feeds=FeedsConfig(entries=entries))
        site.service = site.opened()
        site.service.emit_now()
        assert pages.items() <= site.closed().items()
        pages = site.closed()
        for path in ("all", "category/harbour", "source/posts"):
            shown = feedparser.parse(site.fetch(f"{site.config.url}/feeds/{path}.atom")).entries
            assert min(many, entries) <= len(shown) <= 2 * entries
            assert site.walk(path).titles == site.titles()
    site.service.close_now()


LEAVES = "[" + ", ".join(f"[harbour, quay-{name}]" for name in "abcdefghijklmnopqrstuvwxyz") + ", [新闻, 港口]]"


def test_a_category_of_many_leaves_is_full_and_its_pages_are_whole(tmp_path: Path) -> None:
    site = Site(tmp_path, 0)
    for number in range(MANY):
        site.write(f"berth-{number:04}.md", a_post(f"Berth {number}", f"Free from {number}.", categories=LEAVES))
    site.ingest(emit=True)
    assert len(withdraw_now(site.service, site.newest(8), "Never a berth.")) == 8
    newest = site.newest(SIZE)
    for path in ("all", "category/harbour", "category/harbour/quay-a", "category/新闻", "source/posts"):
        shown = feedparser.parse(site.fetch(f"{site.config.url}/feeds/{path}.atom")).entries
        assert [entry.link.rpartition("/")[2] for entry in shown][:SIZE] == newest, path
        assert site.walk(path).titles == site.titles()
    site.service.close_now()


def test_pages_are_written_again_only_for_a_site_that_moved(site: Site) -> None:
    closed = site.closed()
    site.post(3, "Berth 3 is closed for repairs until further notice.")
    site.ingest(emit=True)
    site.service.emit_now(everything=True)
    assert closed.items() <= site.closed().items()
    site.service.close_now()
    site.config = replace(site.config, url="https://harbour.example.org")
    site.service = site.opened()
    site.service.emit_now()
    assert site.walk().titles == site.titles()
    assert not closed.items() & site.closed().items()


def test_a_page_that_was_lost_is_made_again(site: Site) -> None:
    (lost,) = (site.folder / "archive" / "feeds").glob("all/archive/2.*")
    lost.unlink()
    assert [finding.level for finding in examine_feeds(site.service)] == ["fault"]
    site.service.emit_now(everything=True)
    assert lost.exists()
    assert examine_feeds(site.service) == []


def test_what_was_revised_since_is_no_fault_of_a_page(site: Site) -> None:
    site.post(3, "Berth 3 is closed for repairs until further notice.")
    site.ingest(emit=True)
    assert examine_feeds(site.service) == []


def test_a_format_that_is_new_for_pages_has_all_of_them(site: Site) -> None:
    pages = site.folder / "archive" / "feeds" / "all" / "archive"
    assert {file.name for file in pages.iterdir()} == {f"{number}.atom.gz" for number in range(1, 6)}
    site.service.close_now()
    site.config = replace(site.config, feeds=FeedsConfig(entries=SIZE, archive_formats=EVERY))
    site.service = site.opened()
    site.service.emit_now()
    assert {file.name for file in pages.iterdir()} == {
        f"{number}.{form}.gz" for number in range(1, 6) for form in EVERY
    }


def test_feeds_without_atom_have_pages_in_their_first_format(tmp_path: Path) -> None:
    site = Site(tmp_path, 20, formats=("json", "rss"))
    assert {path.rpartition("/")[2] for path in site.closed()} == {"1.json.gz", "2.json.gz"}
    site.service.close_now()


def test_older_entries_of_a_json_feed_are_behind_next_url(tmp_path: Path) -> None:
    site = Site(tmp_path, MANY, archive_formats=("atom", "json"))
    titles, address = set(), f"{site.config.url}/feeds/all.json"
    while address:
        read = json.loads(site.fetch(address))
        titles |= {item["title"] for item in read["items"]}
        address = read.get("next_url")
    assert titles == set(site.titles().values())
    site.service.close_now()


def test_a_json_feed_names_no_page_of_another_format(site: Site) -> None:
    assert "next_url" not in json.loads(site.fetch(f"{site.config.url}/feeds/all.json"))


def test_a_feed_of_rss_leads_to_the_pages_of_atom(site: Site) -> None:
    address = f"{site.config.url}/feeds/all.rss"
    entries = feedparser.parse(site.fetch(address)).entries
    (older,) = [link for link in feedparser.parse(site.fetch(address)).feed.links if link.rel == "prev-archive"]
    assert older.type == "application/atom+xml"
    behind = walk(older.href, site.fetch, subscription=f"{site.config.url}/feeds/all.atom")
    assert {entry.id: entry.title for entry in entries} | behind.titles == site.titles()


def test_pages_of_rss_are_chained_as_those_of_atom(tmp_path: Path) -> None:
    site = Site(tmp_path, MANY, archive_formats=("rss",))
    links = [
        {
            link.rel: link.href.rpartition("/")[2]
            for link in feedparser.parse(site.fetch(f"{site.config.url}/feeds/{path}")).feed.links
        }
        for path in ("all.rss", "all/archive/3.rss", "all/archive/1.rss")
    ]
    last = f"{MANY // SIZE}.rss"
    assert links[0]["prev-archive"] == last
    assert links[1] | {"alternate": ""} == {
        "alternate": "",
        "self": "3.rss",
        "current": "all.rss",
        "prev-archive": "2.rss",
        "next-archive": "4.rss",
    }
    assert "prev-archive" not in links[2]
    site.service.close_now()


def test_a_withdrawn_article_leaves_a_tombstone_with_the_reason(site: Site) -> None:
    withdraw_now(site.service, [site.uuid("Berth 39")], "It never was a berth.")
    document = site.fetch(f"{site.config.url}/feeds/all.atom").decode()
    (uid,) = re.findall(
        r'<at:deleted-entry ref="([^"]+)" when="[^"]+"><at:comment>It never was a berth\.</at:comment>', document
    )
    assert f"<id>{uid}</id>" not in document
    check("atom", document.encode())


def test_every_page_is_valid(site: Site) -> None:
    withdraw_now(site.service, [site.uuid("Berth 39")], "It never was a berth.")
    for file in (site.folder / "archive" / "feeds").rglob("all/archive/*.gz"):
        check(file.suffixes[0][1:], gzip.decompress(file.read_bytes()))


def test_an_article_of_no_such_name_changes_nothing(site: Site) -> None:
    with pytest.raises(ConfigError, match="no article 'nobody'"):
        withdraw_now(site.service, [site.uuid("Berth 1"), "nobody"], "why")
    assert len(site.titles()) == MANY
