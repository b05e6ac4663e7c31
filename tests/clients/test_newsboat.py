"""newsboat, a reader that nobody here wrote, reads every entry of every XML format; it tells by its own database."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest

from feedsvc.model import Enclosure
from tests.formats.making import an_entry, document

if TYPE_CHECKING:
    from pathlib import Path

NEWSBOAT = shutil.which("newsboat")
ENTRIES = [
    an_entry(1, enclosures=(Enclosure(url="https://o.example/a.mp3", media_type="audio/mpeg", length=9),)),
    an_entry(2, title="R&D: 1 < 2", image="https://o.example/i.png"),
    an_entry(3, title="芯片与人工智能", content="<p>重磅 <b>原创</b></p>", source_url="https://planet.example.com/"),
]


@pytest.mark.skipif(not NEWSBOAT, reason="newsboat is not installed")
@pytest.mark.parametrize("form", ["atom", "rss"])
def test_newsboat_reads_every_entry(form: str, tmp_path: Path) -> None:
    (tmp_path / f"feed.{form}").write_bytes(document(form, ENTRIES))
    (tmp_path / "urls").write_text(f"file://{tmp_path}/feed.{form}\n")
    (tmp_path / "config").touch()
    command = [NEWSBOAT, "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
    subprocess.run(command, cwd=tmp_path, env={"HOME": str(tmp_path)}, check=True, capture_output=True, timeout=30)
    with sqlite3.connect(tmp_path / "cache.db") as cache:
        read = cache.execute(
            "select guid, title, url, author, pubDate, content, enclosure_url from rss_item order by guid"
        )
        found = {row[0]: row[1:] for row in read}
    cache.close()
    for entry in ENTRIES:
        title, url, author, published, content, enclosure = found.pop(entry.uid)
        assert (title, author) == (entry.title, "Ada Byron")
        assert url == f"https://news.example.org/articles/{entry.uuid}"
        assert entry.published
        assert published == int(entry.published.timestamp())
        assert content.strip() == entry.content
        assert enclosure == (entry.enclosures[0].url if entry.enclosures else "")
    assert not found
