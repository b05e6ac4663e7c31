"""Readers that nobody here wrote read every entry of a feed, and find in it what the archive holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.config import FeedsConfig
from feedsvc.model import Enclosure, Person, Selection
from tests.clients.comparing import archived, by_reader, differences
from tests.clients.reading import READERS
from tests.services import Home
from tests.store.making import PLANET, Intaking, an_article
from tests.store.making import an_entry as an_item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.model import Article

MANY = 40
SAYING: dict[str, dict[str, Any]] = {
    "plain": {},
    "markup": {"title": "R&D: 1 < 2 & 3 > 2", "text": "a < b & c > d"},
    "chinese": {
        "title": "芯片与人工智能：重磅原创",
        "content": "<p>重磅 <b>原创</b> 𠮷野家</p>",
        "language": "zh-Hans",
    },
    "arabic": {"title": "الميناء عند الفجر", "content": "<p>سفن ورياح</p>", "language": "ar"},
    "emoji": {"title": "Gulls 🐦‍⬛ and flags 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "content": "<p>🏴󠁧󠁢󠁳󠁣󠁴󠁿 ok</p>"},
    "accents": {"people": (Person(name="Zoë Müller-Łukasz"),), "title": "Naïve façade — “quoted” ‘twice’"},
    "together": {"people": (Person(name="Ada Byron"), Person(name="陈大文"), Person(name="Eve", role="editor"))},
    "names": {"people": (Person(name="O'Neill, Ann & Sons"),)},
    "origin": {"url": "https://origin.example.com/港口?a=1&b=2", "tags": ("芯片", "R&D")},
    "enclosed": {
        "enclosures": (Enclosure(url="https://o.example/a.mp3", media_type="audio/mpeg", length=9),),
        "image": "https://o.example/i.png",
    },
    "code": {"content": '<pre><code>if (a &lt; b &amp;&amp; c) {\n  x[0] = "]]&gt;";\n}</code></pre>'},
    "long": {"content": f"<p>{'A tide table. ' * 20_000}</p>"},
    "old": {"published": datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)},
    "undated": {"published": None},
    "formula": {"content": "<p><math><msup><mi>x</mi><mn>2</mn></msup></math> &nbsp;</p>"},
    "framed": {"content": '<p>seen</p><iframe src="https://video.example/v?a=1&amp;b=2"></iframe>'},
}


def articles() -> Iterator[Article]:
    dated = {"published": datetime(2024, 2, 28, 10, 0, tzinfo=UTC), "people": (Person(name="Ada Byron"),)}
    for number in range(MANY):
        yield an_article(f"post-{number}", **{**dated, "published": datetime(2024, 2, 1, 9, number, tzinfo=UTC)})
    for name, changes in SAYING.items():
        yield an_article(name, **{**dated, **changes})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(
        tmp_path_factory.mktemp("readers"),
        url="https://news.example.org",
        title="R&D 每日归档",
        feeds=FeedsConfig(entries=100),
    )
    made.owner_does(lambda archive: Intaking(archive).take(*articles()))
    item = an_item(
        "moored",
        iri="https://origin.example.com/?p=4#4",
        published=datetime(2024, 3, 1, tzinfo=UTC),
        people=(Person(name="B"),),
    )
    made.owner_does(lambda archive: Intaking(archive, PLANET).take(item))
    made.service.emit_now()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name, reader in READERS.items() for form in reader.formats]
)
def test_a_reader_finds_in_a_feed_what_the_archive_holds(name: str, form: str, home: Home) -> None:
    if not READERS[name].is_installed:
        pytest.skip(f"{name} is not installed")
    wanted = archived(home.service, home.view.select(Selection(), 100))
    assert len(wanted) == MANY + len(SAYING) + 1
    found = by_reader(name, home.folder / "archive" / "feeds" / f"all.{form}")
    assert list(differences(wanted, found)) == []
