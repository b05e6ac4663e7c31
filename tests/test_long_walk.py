"""A category of 5,000 articles over HTTP: a client that follows links has all of it, before and after it changes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import httpx
import pytest

from feedsvc.app.upkeep import withdraw_now
from feedsvc.config import FeedsConfig
from tests.serve.child import serving
from tests.services import Home
from tests.store.making import Intaking, an_article
from tests.walker import Walk, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from feedsvc.model import Article

MANY = 5_000
PAGE = 50
AT_ONCE = 500  # articles in one batch
FEED = "feeds/category/harbour.atom"


def berth(number: int, state: str = "free") -> Article:
    text = f"Berth {number} is {state} from noon."
    return an_article(
        f"berth-{number:04}", title=f"Berth {number}: {state}", text=text, categories=(("harbour", "berths"),)
    )


class Reader:
    """Reads feeds of the public address from where they are really served, and remembers what it was given."""

    def __init__(self, public: str, address: str) -> None:
        self._public, self._address = public, address
        self._client = httpx.Client(trust_env=False)
        self.given: dict[str, tuple[str, str]] = {}  # public address -> ETag, digest of the bytes

    def walk(self) -> Walk:
        return walk(f"{self._public}/{FEED}", self.fetch)

    def fetch(self, address: str) -> bytes:
        answer = self._client.get(self._address + address.removeprefix(self._public)).raise_for_status()
        self.given[address] = answer.headers["etag"], hashlib.sha256(answer.content).hexdigest()
        return answer.content


class Harbour(Home):
    """A home whose category `harbour` has `MANY` articles, taken in as ingest does, without files to parse."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, url="https://news.example.org", feeds=FeedsConfig(entries=PAGE, formats=("atom",)))
        self.intake = self.owner_does(Intaking)
        self.said: dict[str, str] = {}  # name of an article -> its title, as a reader of all of it knows
        for first in range(0, MANY, AT_ONCE):
            self.take(berth(number) for number in range(first, first + AT_ONCE))

    def take(self, articles: Iterable[Article]) -> None:
        taken = tuple(articles)
        self.owner_does(lambda _: self.intake.take(*taken))
        self.said |= {article.locator: article.title for article in taken}

    def withdraw(self, name: str) -> None:
        ((uuid,),) = self.rows("select uuid from articles where title = ?", self.said.pop(name))
        withdraw_now(self.service, [uuid], "It never was a berth.")


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    made = Harbour(tmp_path_factory.mktemp("harbour"))
    made.service.emit_now()
    yield made
    made.close()


def test_a_walk_over_http_recovers_5000_articles_and_what_became_of_them(harbour: Harbour) -> None:
    with serving(harbour.folder) as server:
        reader = Reader(harbour.config.url, server.address)
        first = reader.walk()
        assert sorted(first.titles.values()) == sorted(harbour.said.values())
        assert len(first.titles) == MANY
        pages = {address: reader.given[address] for address in first.read[1:]}
        assert len(pages) == MANY // PAGE

        harbour.take(berth(number, "closed") for number in range(0, MANY, 70))
        harbour.take(berth(number) for number in range(MANY, MANY + 30))
        harbour.withdraw("berth-2501.md")
        harbour.service.emit_now()

        second = reader.walk()
        assert sorted(second.titles.values()) == sorted(harbour.said.values())
        assert len(second.titles) == MANY + 30 - 1
        assert first.titles.keys() - second.titles.keys() == {
            uid for (uid,) in harbour.rows("select uid from articles where withdrawn is not null")
        }
        assert {address: reader.given[address] for address in pages} == pages
        assert pages.keys() < set(second.read)


def test_the_pages_hold_each_article_once(harbour: Harbour) -> None:
    with serving(harbour.folder) as server:
        reader = Reader(harbour.config.url, server.address)
        pages = [reader.fetch(address).decode() for address in reader.walk().read[1:]]
    ids = [entry.partition("</id>")[0].partition("<id>")[2] for page in pages for entry in page.split("<entry")[1:]]
    assert len(set(ids)) >= MANY
    assert len(ids) - len(set(ids)) <= len(range(0, MANY, 70))  # an article that was revised comes again
