"""An item of a feed that says what it said is not normalised again, and nobody can tell the difference."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import rules
from feedsvc.executors import LocalExecutor
from feedsvc.ingest import digest, ingest
from feedsvc.model import RawDocument, Source
from feedsvc.ports import Intake, Reading
from tests.fakes import NOON, HandClock
from tests.fakes_store import InOrder, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from feedsvc.model import Article, Draft, RunReport

PLANET = Source(name="planet", kind="feed", location="https://planet.example.org/rss.xml")
TEXTS = (
    "Graft in March while the buds still sleep, bind with raffia, and seal the cut against rain.",
    "Three cutters and a pilot boat came in with the tide; the harbour master counted them twice.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    guid: int = 1
    link: int = 1
    text: int = 0
    date: str = "Wed, 01 May 2024 06:00:07 GMT"

    def xml(self) -> str:
        return (
            f"<item><guid isPermaLink='false'>urn:x:{self.guid}</guid><link>https://planet.example.org/{self.link}</link>"
            f"<title>On {self.text % 3}</title><pubDate>{self.date}</pubDate>"
            f"<description>{TEXTS[self.text % 2]} {self.text}</description></item>"
        )


def a_feed(*items: Item) -> str:
    return f"<rss version='2.0'><channel><title>Planet</title>{''.join(map(Item.xml, items))}</channel></rss>"


class Window:
    """A reader of one feed, which shows what it is told to."""

    body = ""

    async def read(self, source: Source, _known: Mapping[str, str], now: datetime) -> Reading:
        raw = RawDocument(
            source=source.name,
            locator=source.location,
            media_type="application/rss+xml",
            body=self.body.encode(),
            fingerprint="mark",
            fetched_at=now,
            url=source.location,
        )
        return Reading(documents=iter([raw]), present={source.location})


class Forgetful(MemoryStore):
    """Remembers nothing of what was said: all is normalised each time."""

    def settled(self, _source: str, _locators: AbstractSet[str]) -> Mapping[str, Mapping[str, int]]:
        return {}


class Following:
    """Follows one feed."""

    def __init__(self, store: MemoryStore, source: Source = PLANET) -> None:
        self.store, self.source, self.window, self.clock = store, source, Window(), HandClock()

    def poll(self, *items: Item) -> RunReport:
        self.window.body = a_feed(*items)
        self.clock.pass_by(hours=1)
        ports = Intake(reader=self.window, archive=InOrder(self.store), executor=LocalExecutor(), clock=self.clock)
        return asyncio.run(ingest(self.source, ports))


@pytest.fixture
def normalised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was normalised, by native id."""
    seen: list[str] = []
    real = rules.normalise

    def counted(draft: Draft, source: Source) -> Article:
        seen.append(draft.native_id)
        return real(draft, source)

    monkeypatch.setattr(rules, "normalise", counted)
    return seen


def test_only_what_is_new_or_edited_is_normalised(normalised: list[str]) -> None:
    feed = Following(MemoryStore())
    one, two = Item(guid=1, link=1, text=0), Item(guid=2, link=2, text=1)
    feed.poll(one, two)
    normalised.clear()
    report = feed.poll(Item(guid=3, link=3, text=2), replace(one, text=4), two)
    assert sorted(normalised) == ["urn:x:1", "urn:x:3"]
    assert (report.added, report.revised, report.unchanged, report.hints.entries) == (1, 1, 1, 3)


def test_another_configuration_of_the_source_makes_all_be_normalised(normalised: list[str]) -> None:
    feed = Following(MemoryStore())
    feed.poll(Item())
    feed.source = replace(PLANET, categories=(("sea",),))
    assert feed.poll(Item()).revised == 1
    assert normalised == ["urn:x:1", "urn:x:1"]


def test_an_item_that_is_dated_in_the_future_is_looked_at_again() -> None:
    feed = Following(MemoryStore())
    feed.poll(Item(date="Sat, 01 Jun 2024 06:00:07 GMT"))
    assert next(iter(feed.store.entries.values())).published is None
    feed.clock.pass_by(days=40)
    feed.poll(Item(date="Sat, 01 Jun 2024 06:00:07 GMT"))
    assert next(iter(feed.store.entries.values())).published is not None


def test_a_secret_of_the_source_is_no_part_of_a_mark() -> None:
    raw = RawDocument(
        source="planet",
        locator=PLANET.location,
        media_type="application/rss+xml",
        body=a_feed(Item()).encode(),
        fingerprint="",
        fetched_at=NOON,
    )
    secret = replace(PLANET, location="https://planet.example.org/rss.xml?token=s3cr3t")
    assert digest(raw, secret).articles[0].mark == digest(raw, PLANET).articles[0].mark != ""


@given(
    st.lists(
        st.lists(st.builds(Item, guid=st.integers(1, 3), link=st.integers(1, 3), text=st.integers(0, 4)), max_size=5),
        min_size=2,
        max_size=4,
    )
)
def test_settling_gives_the_same_archive_as_normalising_all(windows: Sequence[Sequence[Item]]) -> None:
    """Whatever guids, links and texts the items share."""

    def outcome(store: MemoryStore) -> Any:
        feed = Following(store)
        reports = [feed.poll(*window) for window in windows]
        counts = [(each.added, each.revised, each.moved, each.unchanged) for each in reports]
        return counts, store.entries, {number: held.keys for number, held in store.held.items()}, store.held_by

    assert outcome(MemoryStore()) == outcome(Forgetful())
