"""Entries, sites and documents for the tests of feeds, and the grammars that every document must obey."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import jsonschema
from lxml import etree

from feedsvc.formats import FORMATS
from feedsvc.formats.item import head, item, newest
from feedsvc.formats.site import Site
from feedsvc.model import Entry, FeedSpec, Person

GRAMMARS = Path(__file__).parent / "grammars"
NAMESPACE = UUID("6f1d3c52-9e47-4a0b-8c21-5d7e9f302b64")
SITE = Site(url="https://news.example.org", title="每日归档", namespace=NAMESPACE, language="zh-CN", version="0.1.0")
SPEC = FeedSpec(path="category/科技/芯片", title="科技 / 芯片 – 每日归档")
SEEN = datetime(2024, 3, 1, 8, 30, tzinfo=UTC)


def an_entry(number: int = 1, **changes: Any) -> Entry:
    uuid = uuid5(NAMESPACE, f"entry {number}")
    fields: dict[str, Any] = {
        "id": number,
        "uid": uuid.urn,
        "uuid": str(uuid),
        "revision": 1,
        "source": "posts",
        "source_title": "Weekly notes",
        "source_url": "",
        "url": f"https://origin.example.com/{number}",
        "title": f"Entry {number}",
        "summary": f"What entry {number} says.",
        "content": f"<p>Entry {number} in full.</p>",
        "people": (Person(name="Ada Byron"),),
        "publisher": "The Example",
        "language": "en",
        "image": "",
        "enclosures": (),
        "categories": (("科技", "芯片"),),
        "tags": (),
        "published": datetime(2024, 2, 28, 10, 0, number % 60, tzinfo=UTC),
        "first_seen": SEEN,
        "updated": SEEN,
    }
    return Entry(**fields | changes)


def document(form: str, entries: list[Entry], spec: FeedSpec = SPEC, site: Site = SITE) -> bytes:
    fragments = [FORMATS[form].entry(item(entry, site, full=spec.content == "full")) for entry in entries]
    return FORMATS[form].document(head(spec, site, newest(entries)), fragments)


def check(form: str, body: bytes) -> None:
    """Fail unless `body` is valid in its format: by its grammar where `grammars/` has one, else by what reads it back."""
    if form == "json":
        jsonschema.validate(json.loads(body), _schema())
        return
    if not (GRAMMARS / f"{form}.rng").exists():
        assert FORMATS[form].listed(body).title
        return
    _grammar(form).assertValid(etree.fromstring(body, etree.XMLParser(huge_tree=True)))


@cache
def _grammar(form: str) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(GRAMMARS / f"{form}.rng"))


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((GRAMMARS / "jsonfeed.schema.json").read_text())
    return schema
