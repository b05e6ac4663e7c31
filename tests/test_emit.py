from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import feedparser
import pytest
from lxml import etree

from feedsvc.config import Config, FeedsConfig
from feedsvc.emit import EmitReport, emit, fragments
from feedsvc.emit import documents as writing
from feedsvc.emit.fragments import Fragments, newest
from feedsvc.formats import FORMATS
from feedsvc.model import FeedSpec, Member, Selection
from feedsvc.ports import Outlet
from feedsvc.publish import FilePublisher
from tests.fakes_publisher import MemoryPublisher, MemorySpool
from tests.fakes_store import MemoryStore
from tests.formats.making import NAMESPACE, SITE, an_entry, check

if TYPE_CHECKING:
    from pathlib import Path

CHIPS = FeedSpec(path="custom/chips", title="Chips", selection=Selection(search="2"), formats=("atom",))
CONFIG = Config(title="每日归档", url="https://news.example.org", language="zh-CN", custom=(CHIPS,))


class World:
    """An archive with four entries, and somewhere to publish."""

    def __init__(self, *, config: Config = CONFIG) -> None:
        self.store = MemoryStore(
            [
                an_entry(1, categories=(("科技", "芯片"),)),
                an_entry(2, categories=(("科技", "芯片"), ("金融",))),
                an_entry(3, categories=(("金融",),), source="planet"),
                an_entry(4, categories=(("科技",),)),
            ]
        )
        self.publisher = MemoryPublisher()
        self.config = config

    def emit(self, **options: Any) -> EmitReport:
        ports = Outlet(
            stale=self.store, articles=self.store, pages=self.store, publisher=self.publisher, spool=MemorySpool()
        )
        if isinstance(self.publisher, MemoryPublisher):
            self.publisher.writes.clear()
        return emit(ports, self.config, NAMESPACE, **options)

    def ids(self, path: str) -> list[str]:
        return [entry.id for entry in feedparser.parse(self.publisher.documents[path]).entries]


@pytest.fixture
def world() -> World:
    return World()


def test_every_feed_is_published_in_every_format(world: World) -> None:
    report = world.emit()
    paths = ["all", "category/科技", "category/科技/芯片", "category/金融", "source/planet", "source/posts"]
    documents = {f"{path}.{form}" for path in paths for form in ("atom", "rss", "json")}
    assert set(world.publisher.documents) == documents | {"custom/chips.atom", "index.opml"}
    assert report == EmitReport(total=7, feeds=7, rendered=19, written=19)


def test_what_is_published_is_valid(world: World) -> None:
    world.emit()
    for path, body in world.publisher.documents.items():
        check(path.rpartition(".")[2], body)


def test_a_category_holds_what_is_below_it_newest_first(world: World) -> None:
    world.emit()
    assert world.ids("category/科技.atom") == [an_entry(number).uid for number in (4, 2, 1)]


def test_a_second_emission_asks_and_writes_nothing(world: World) -> None:
    world.emit()
    world.store.selected.clear()
    assert world.emit() == EmitReport(total=7)
    assert world.publisher.writes == []
    assert world.store.selected == []


def test_only_the_feeds_that_show_a_changed_article_are_written(world: World) -> None:
    world.emit()
    world.store.put(an_entry(3, categories=(("金融",),), source="planet", title="Entry 3, corrected", revision=2))
    report = world.emit()
    assert {path.rpartition(".")[0] for path in world.publisher.writes} == {"all", "category/金融", "source/planet"}
    assert (report.written, report.unchanged) == (9, 1)  # the feed of the config cannot know that it is not concerned


def test_an_article_in_four_feeds_is_rendered_once_for_each_format(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []
    spy = replace(FORMATS["atom"], entry=lambda item: rendered.append(item.uid) or FORMATS["json"].entry(item))  # type: ignore[func-returns-value]
    for module in (fragments, writing):
        monkeypatch.setattr(module, "FORMATS", {"atom": spy})
    World(config=replace(CONFIG, feeds=FeedsConfig(formats=("atom",)))).emit()
    assert sorted(rendered) == sorted(an_entry(number).uid for number in (1, 2, 3, 4))


def test_fragments_are_forgotten_when_there_are_too_many() -> None:
    store = MemoryStore([an_entry(number) for number in range(200)])
    kept = Fragments(store, MemorySpool(), SITE, limit=20_000)
    for number in range(200):
        kept.plain([Member(number, 1)], ("atom", "json"), full=True)
    assert 10_000 < sum(len(body) for plain in kept._kept.values() for body in plain.forms.values()) <= 20_000


def test_a_fragment_larger_than_all_that_may_be_kept_is_still_rendered() -> None:
    store = MemoryStore([an_entry()])
    (found,) = Fragments(store, MemorySpool(), SITE, limit=10).plain([Member(1, 1)], ("atom", "json"), full=True)
    assert found.forms.keys() == {"atom", "json"}


def test_an_article_that_is_revised_between_two_feeds_is_rendered_again() -> None:
    store = MemoryStore([an_entry()])
    fragments = Fragments(store, MemorySpool(), SITE)

    def shown(revision: int) -> tuple[bytes, bytes]:
        (plain,) = fragments.plain([Member(1, revision)], ("atom",), full=True)
        (paged,) = fragments.paged([Member(1, revision)], "atom", full=True)
        assert newest([paged]) == plain.updated
        return plain.forms["atom"], paged.body

    assert shown(1) == shown(1)
    store.put(an_entry(revision=2, title="Corrected"))
    plain, paged = shown(2)
    assert plain == paged
    assert b"Corrected" in plain


def test_one_archive_gives_the_same_bytes_in_any_order_of_work(world: World) -> None:
    world.emit()
    first = dict(world.publisher.documents)
    again = World()
    for path in ("source/posts", "custom/chips", "all"):
        again.emit(only=[path])
    again.emit(everything=True)
    assert again.publisher.documents == first


def test_what_changes_during_an_emission_is_stale_after_it(world: World) -> None:
    def commit_meanwhile(selection: Selection) -> None:
        if selection.category == ("金融",):
            world.store.put(an_entry(9))

    world.store.on_select = commit_meanwhile
    world.emit()
    assert {"all", "category/科技/芯片"} <= world.store.stale_feeds()
    world.store.on_select = lambda _selection: None
    world.emit()
    assert an_entry(9).uid in world.ids("all.atom")
    assert not world.store.stale_feeds()


def test_everything_is_rendered_again_when_asked(world: World) -> None:
    world.emit()
    report = world.emit(everything=True)
    assert (report.rendered, report.written, report.unchanged) == (19, 0, 19)


def test_a_star_makes_every_feed_stale(world: World) -> None:
    world.emit()
    world.store.stale["*"] = world.store.changes
    assert world.emit().rendered == 19
    assert not world.store.stale_feeds()


def test_only_what_is_asked_for_is_rendered_and_marked(world: World) -> None:
    report = world.emit(only=["category/金融"])
    assert set(world.publisher.writes) == {
        "category/金融.atom",
        "category/金融.rss",
        "category/金融.json",
        "index.opml",
    }
    assert report.feeds == 1
    assert "all" in world.store.stale_feeds()
    assert "category/金融" not in world.store.stale_feeds()


def test_a_feed_that_is_not_there_is_a_problem(world: World) -> None:
    report = world.emit(only=["category/nowhere", "all"])
    assert report.feeds == 1
    assert report.problems == ("no feed 'category/nowhere': the feeds are listed in index.opml",)


def test_a_feed_whose_selection_fails_keeps_its_documents_and_stops_no_other() -> None:
    world = World()
    world.emit()
    old = world.publisher.documents["custom/chips.atom"]
    world.config = replace(CONFIG, custom=(replace(CHIPS, selection=Selection(sql="select id from nowhere")),))
    world.store.put(an_entry(7))
    report = world.emit()
    assert world.publisher.documents["custom/chips.atom"] == old
    assert an_entry(7).uid in world.ids("all.atom")
    assert len(report.problems) == 1
    assert "'custom/chips'" in report.problems[0]


def test_a_category_whose_name_cannot_be_a_file_stops_no_other(world: World, tmp_path: Path) -> None:
    world.publisher = FilePublisher(tmp_path)
    world.store.put(an_entry(6, categories=(("x" * 300,), ("all.atom", "b"))))
    (problem,) = world.emit().problems
    assert "give the category another name" in problem
    assert (tmp_path / "category" / "all.atom" / "b.json").exists()
    assert (tmp_path / "all.atom").exists()


def test_a_feed_new_in_the_config_is_published_though_nothing_changed(world: World) -> None:
    world.emit()
    world.config = replace(CONFIG, custom=(CHIPS, replace(CHIPS, path="custom/more")))
    world.emit()
    assert set(world.publisher.writes) == {"custom/more.atom", "index.opml"}


def test_a_feed_no_longer_in_the_config_is_withdrawn(world: World) -> None:
    world.emit()
    world.config = replace(CONFIG, custom=())
    assert world.emit().withdrawn == 1
    assert "custom/chips.atom" not in world.publisher.documents
    assert b"custom/chips" not in world.publisher.documents["index.opml"]


def test_a_format_no_longer_wanted_is_withdrawn(world: World) -> None:
    world.emit()
    world.config = replace(CONFIG, feeds=FeedsConfig(formats=("atom", "rss")))
    assert world.emit().withdrawn == 6
    assert not [path for path in world.publisher.documents if path.endswith(".json")]


def test_the_feed_of_a_category_without_articles_stays(world: World) -> None:
    world.emit()
    del world.store.entries[3]
    world.store.put(an_entry(2, categories=(("科技", "芯片"),), revision=2))
    world.emit()
    assert "category/金融.atom" in world.publisher.documents


def test_archive_pages_of_a_feed_are_not_withdrawn(world: World) -> None:
    world.publisher.publish("category/科技/archive/1.atom", b"<feed/>")
    world.emit()
    assert "category/科技/archive/1.atom" in world.publisher.documents


def test_feeds_are_named_after_their_slice_and_the_site(world: World) -> None:
    world.emit()
    titles = {
        path: feedparser.parse(body).feed.title
        for path, body in world.publisher.documents.items()
        if path.endswith(".atom")
    }
    assert titles == {
        "all.atom": "每日归档",
        "category/科技.atom": "科技 – 每日归档",
        "category/科技/芯片.atom": "科技 / 芯片 – 每日归档",
        "category/金融.atom": "金融 – 每日归档",
        "source/planet.atom": "planet – 每日归档",
        "source/posts.atom": "posts – 每日归档",
        "custom/chips.atom": "Chips",
    }


def test_the_index_groups_categories_and_sources(world: World) -> None:
    world.emit()
    body = etree.fromstring(world.publisher.documents["index.opml"]).find("body")
    assert [outline.get("text") for outline in body] == ["每日归档", "Chips", "科技", "金融", "Sources"]
    assert [outline.get("text") for outline in body[2]] == ["科技 – 每日归档", "科技 / 芯片 – 每日归档"]


@pytest.mark.parametrize(
    ("formats", "named"), [(("json", "rss"), "rss"), (("json",), "json"), (("rss", "atom"), "atom")]
)
def test_the_index_names_a_feed_in_the_format_that_readers_read_best(formats: tuple[str, ...], named: str) -> None:
    world = World(config=replace(CONFIG, feeds=FeedsConfig(formats=formats)))
    world.emit()
    assert f'xmlUrl="https://news.example.org/feeds/all.{named}"'.encode() in world.publisher.documents["index.opml"]


def test_a_feed_is_as_long_as_the_config_says() -> None:
    world = World(config=replace(CONFIG, feeds=FeedsConfig(entries=2)))
    world.emit()
    assert world.ids("all.atom") == [an_entry(4).uid, an_entry(3).uid]


def test_progress_counts_feeds(world: World) -> None:
    told: list[tuple[int, int]] = []
    world.emit(progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 7) for done in range(1, 8)]


def test_a_second_emission_touches_no_file(world: World, tmp_path: Path) -> None:
    world.publisher = FilePublisher(tmp_path)
    world.emit()
    before = {path: path.stat() for path in tmp_path.rglob("*.*")}
    report = world.emit(everything=True)
    assert (report.written, report.unchanged) == (0, 19)
    assert {path: path.stat().st_mtime_ns for path in before} == {path: was.st_mtime_ns for path, was in before.items()}


def test_a_category_is_linked_at_the_slug_that_the_archive_minted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    minted = FeedSpec(
        path="category/nul~1a2b", title="", selection=Selection(category=("nul",)), page="category/nul~1a2b"
    )
    monkeypatch.setattr(world.store, "feed_specs", lambda: [minted])
    world.store.put(an_entry(8, categories=(("nul",),)))
    world.emit()
    (read,) = feedparser.parse(world.publisher.documents["category/nul~1a2b.atom"]).entries
    assert [tag.scheme for tag in read.tags] == ["https://news.example.org/category/nul~1a2b"]


def test_a_feed_lies_ready_in_the_codings_of_the_config(world: World) -> None:
    world.emit()
    assert {path.removesuffix(".gz") for path in world.publisher.coded} == set(world.publisher.documents)
    assert gzip.decompress(world.publisher.coded["all.atom.gz"]) == world.publisher.documents["all.atom"]
    world.config = replace(CONFIG, feeds=FeedsConfig(compress=("br",)))
    world.emit(everything=True)
    assert set(world.publisher.coded) == {f"{path}.br" for path in world.publisher.documents}
    world.config = replace(CONFIG, feeds=FeedsConfig(compress=()))
    world.emit(everything=True)
    assert not world.publisher.coded
