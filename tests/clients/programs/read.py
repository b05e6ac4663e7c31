"""What a reader in Python finds in a feed, as JSON: `python read.py feedparser|fastfeedparser|reader FILE`.

Runs in an environment of its own: readers need other versions of libraries than the service.
"""

from __future__ import annotations

import calendar
import html
import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any


def with_feedparser(file: Path) -> list[dict[str, Any]]:
    import feedparser  # noqa: PLC0415 - one of several, each of which may not be there

    found = feedparser.parse(file.read_bytes())
    assert not found.bozo, found.bozo_exception
    return [
        {
            "uid": entry.id,
            "title": html.unescape(entry.title) if entry.title_detail.type == "text/html" else entry.title,
            "link": entry.link,
            "author": entry.authors[0].name,
            "published": calendar.timegm(entry.published_parsed) if "published_parsed" in entry else 0,
            "content": entry.content[0].value if "content" in entry else entry.summary,
        }
        for entry in found.entries
    ]


def with_fastfeedparser(file: Path) -> list[dict[str, Any]]:
    import fastfeedparser  # type: ignore[import-not-found]  # noqa: PLC0415

    return [
        {
            "uid": entry.id,
            "title": entry.title,
            "link": entry.link,
            "author": entry.author,
            "published": datetime.fromisoformat(entry.published).timestamp() if entry.get("published") else 0,
            "content": entry.content[0]["value"] if "content" in entry else entry.description,
        }
        for entry in fastfeedparser.parse(file.read_bytes()).entries
    ]


def with_reader(file: Path) -> list[dict[str, Any]]:
    import reader  # type: ignore[import-not-found]  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        library = reader.make_reader(str(Path(folder) / "db.sqlite"), feed_root=str(file.parent))
        library.add_feed(file.name)
        library.update_feed(file.name)
        found = [
            {
                "uid": entry.id,
                "title": html.unescape(entry.title) if file.suffix == ".rss" else entry.title,
                "link": entry.link,
                "author": entry.author,
                "published": entry.published.timestamp() if entry.published else 0,
                "content": entry.get_content(prefer_summary=False).value,
            }
            for entry in library.get_entries()
        ]
        library.close()
    return found


READERS = {"feedparser": with_feedparser, "fastfeedparser": with_fastfeedparser, "reader": with_reader}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(READERS[sys.argv[1]](Path(sys.argv[2]))))
