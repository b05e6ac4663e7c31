"""What a store says of the pages of feeds: members in the order they came, and closed pages for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.store.making import Intaking, an_article

if TYPE_CHECKING:
    from tests.store.making import Store

NAMES = ("harbour", "orchard", "chimney", "lantern", "meadow")


def page(store: Store, number: int, path: str = "all") -> list[str]:
    marks = store.members(path, number).articles
    titles = {entry.id: entry.title for entry in store.entries_of(mark.id for mark in marks)}
    return [titles[mark.id] for mark in marks]


def take(intake: Intaking, *names: str) -> None:
    for name in names:
        intake.take(an_article(name))


def test_what_comes_stands_on_the_open_page_last_come_first(intake: Intaking, store: Store) -> None:
    take(intake, *NAMES[:3])
    assert store.close_pages("all", 4) == 0
    assert page(store, 0) == ["On chimney", "On orchard", "On harbour"]


def test_a_page_closes_when_it_is_full_and_keeps_its_members(intake: Intaking, store: Store) -> None:
    take(intake, *NAMES)
    assert store.close_pages("all", 2) == 2
    assert page(store, 1) == ["On orchard", "On harbour"]
    assert page(store, 2) == ["On lantern", "On chimney"]
    assert page(store, 0) == ["On meadow"]
    assert store.close_pages("all", 1) == 3
    assert page(store, 1) == ["On orchard", "On harbour"]


def test_a_page_that_is_alone_is_cut_anew_when_pages_are_to_be_shorter(intake: Intaking, store: Store) -> None:
    take(intake, *NAMES)
    assert store.close_pages("all", 4) == 1
    assert store.close_pages("all", 6) == 1
    assert store.close_pages("all", 2) == 2
    assert page(store, 1) == ["On orchard", "On harbour"]
    assert page(store, 0) == ["On meadow"]
    assert store.close_pages("all", 1) == 3
    assert page(store, 1) == ["On orchard", "On harbour"]


def test_what_is_revised_after_its_page_was_closed_comes_again(intake: Intaking, store: Store) -> None:
    take(intake, *NAMES[:3])
    store.close_pages("all", 2)
    intake.take(an_article("harbour", digest="d2", title="On harbour, again"))
    assert page(store, 0) == ["On harbour, again", "On chimney"]


def test_what_is_revised_on_the_open_page_stands_there_once(intake: Intaking, store: Store) -> None:
    take(intake, *NAMES[:2])
    intake.take(an_article("orchard", digest="d2", title="On orchard, again"))
    assert page(store, 0) == ["On orchard, again", "On harbour"]


def test_a_feed_that_nobody_knows_has_no_pages(store: Store) -> None:
    assert store.close_pages("category/nowhere", 2) == 0
    assert page(store, 0, "category/nowhere") == []
    assert list(store.tombstones("category/nowhere", 5)) == []


def test_the_address_of_pages_is_remembered(store: Store) -> None:
    assert store.pages_url() == ""
    store.pages_published("https://news.example.org")
    assert store.pages_url() == "https://news.example.org"
