"""Readers that nobody here wrote read every entry of a feed, and find in it what the archive holds.

To add a reader: a function that returns what it read, and one line in `READERS`. One that is not installed is skipped.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from feedsvc.model import Enclosure
from tests.formats.making import an_entry, document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ENTRIES = [
    an_entry(1, enclosures=(Enclosure(url="https://o.example/a.mp3", media_type="audio/mpeg", length=9),)),
    an_entry(2, title="R&D: 1 < 2", image="https://o.example/i.png"),
    an_entry(3, title="芯片与人工智能", content="<p>重磅 <b>原创</b></p>", source_url="https://planet.example.com/"),
    an_entry(4, uid="https://origin.example.com/?p=4", summary="", tags=("芯片", "GPU")),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a reader shows of an entry."""

    title: str
    link: str
    author: str
    published: int  # seconds since 1970
    content: str
    enclosure: str


def newsboat(file: Path) -> dict[str, Read]:
    folder = file.parent
    (folder / "urls").write_text(f"file://{file}\n")
    (folder / "config").touch()
    command = ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
    subprocess.run(command, cwd=folder, env={"HOME": str(folder)}, check=True, capture_output=True, timeout=30)
    cache = sqlite3.connect(folder / "cache.db")
    rows = cache.execute("select guid, title, url, author, pubDate, content, enclosure_url from rss_item").fetchall()
    cache.close()
    return {
        uid: Read(
            title=title, link=link, author=author, published=published, content=content.strip(), enclosure=enclosure
        )
        for uid, title, link, author, published, content, enclosure in rows
    }


def sfeed(file: Path) -> dict[str, Read]:
    with file.open("rb") as body:
        told = subprocess.run(["sfeed"], stdin=body, check=True, capture_output=True, timeout=30).stdout.decode()
    found = {}
    for row in told.splitlines():
        published, title, link, content, _type, uid, author, enclosure, *_rest = row.split("\t")
        found[uid] = Read(
            title=title, link=link, author=author, published=int(published), content=content, enclosure=enclosure
        )
    return found


READERS: Mapping[str, Callable[[Path], dict[str, Read]]] = {"newsboat": newsboat, "sfeed": sfeed}


@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_shows_every_entry_as_it_is(reader: str, form: str, tmp_path: Path) -> None:
    if not shutil.which(reader):
        pytest.skip(f"{reader} is not installed")
    file = tmp_path / f"feed.{form}"
    file.write_bytes(document(form, ENTRIES))
    assert READERS[reader](file) == {
        entry.uid: Read(
            title=entry.title,
            link=f"https://news.example.org/articles/{entry.uuid}",
            author="Ada Byron",
            published=int(entry.sort_date.timestamp()),
            content=entry.content,
            enclosure=entry.enclosures[0].url if entry.enclosures else "",
        )
        for entry in ENTRIES
    }
