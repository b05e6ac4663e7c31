"""Emissions and commits go on beside each other: neither waits for the other, and what is committed meanwhile stays stale."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.app.upkeep import withdraw_now
from feedsvc.emit import fragments as fragments_module
from feedsvc.emit.documents import Renderer
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Held:
    """Holds an emission inside of a function of it, once, until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        self.reached, self.may_go_on = threading.Event(), threading.Event()
        real = getattr(owner, name)

        def held(*args: Any, **options: Any) -> Any:
            if not self.reached.is_set():
                self.reached.set()
                assert self.may_go_on.wait(300)
            return real(*args, **options)

        monkeypatch.setattr(owner, name, held)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    made.write("a.md", a_post("The first"))
    made.ingest()
    yield made
    made.close()


def feed(home: Home) -> str:
    return (home.folder / "archive" / "feeds" / "all.atom").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "where", [(Renderer, "publish"), (fragments_module, "item")], ids=["before a feed", "in a feed"]
)
def test_a_commit_does_not_wait_for_an_emission_and_leaves_its_feeds_stale(
    where: tuple[Any, str], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch, *where)
    emission = threading.Thread(target=home.service.emit_now)
    emission.start()
    assert held.reached.wait(300)
    home.write("b.md", a_post("The second"))
    assert home.ingest().added == 1  # comes back though the emission is held
    held.may_go_on.set()
    emission.join()
    assert home.service.stale_feeds() == {"all", "source/posts", "category/notes"}
    home.service.emit_now()
    assert "The second" in feed(home)
    assert home.service.stale_feeds() == frozenset()


def test_an_emission_ends_while_the_owner_has_a_long_row_of_work(home: Home) -> None:
    ended = threading.Event()

    def row() -> None:
        while not ended.is_set():
            home.owner_does(lambda archive: archive.change())

    senders = [threading.Thread(target=row) for _ in range(4)]
    for sender in senders:
        sender.start()
    try:
        home.service.emit_now()
    finally:
        ended.set()
        for sender in senders:
            sender.join()
    assert "The first" in feed(home)
    assert home.service.stale_feeds() == frozenset()


def test_an_article_withdrawn_in_the_middle_of_a_feed_is_no_entry_and_tombstone_of_one_document(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(monkeypatch, fragments_module, "item")
    (uuid,) = (entry.uuid for entry in home.entries())
    emission = threading.Thread(target=home.service.emit_now)
    emission.start()
    assert held.reached.wait(300)
    withdrawal = threading.Thread(target=withdraw_now, args=(home.service, [uuid]))
    withdrawal.start()
    while not home.rows("select 1 from articles where withdrawn is not null"):
        pass
    held.may_go_on.set()
    emission.join()
    withdrawal.join()
    assert "deleted-entry" in feed(home)
    assert "<entry" not in feed(home)
    assert home.service.stale_feeds() == frozenset()
