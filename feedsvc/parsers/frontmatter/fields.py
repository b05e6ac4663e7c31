"""The fields of front matter -> what a `Draft` says; pure.

`KEYS` names, for each thing that we look for, the keys that generators and people use for it, strongest first.
To add a key: one word in `KEYS`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from feedsvc.model import Enclosure, Person
from feedsvc.parsers.frontmatter import dialects
from feedsvc.parsers.frontmatter.values import Value, is_nothing, strings
from feedsvc.parsers.people import distinct, person

if TYPE_CHECKING:
    from feedsvc.model import CategoryPath
    from feedsvc.parsers.frontmatter.dialects import Dialect
    from feedsvc.parsers.frontmatter.values import Fields

KEYS: dict[str, tuple[str, ...]] = {
    "title": ("title", "linktitle"),
    "published": (
        "date",
        "published",
        "pubdate",
        "publishdate",
        "publish_date",
        "published_at",
        "created",
        "created_at",
    ),
    "updated": ("updated", "lastmod", "modified", "last_modified_at", "last_modified", "updated_at", "update"),
    "link": ("link", "source_url", "original_url", "canonical_url", "canonical", "permalink", "url"),
    "native_id": ("guid", "uuid", "id", "permalink"),
    "people": ("author", "authors"),
    "summary": ("description", "summary", "excerpt", "subtitle"),
    "categories": ("categories", "category"),
    "tags": ("tags", "tag", "keywords"),
    "language": ("lang", "language", "locale"),
    "image": (
        *(
            "thumbnail",
            "headimg",
            "cover",
            "image",
            "banner",
            "featured_image",
            "featuredimage",
            "cover_image",
            "coverimage",
        ),
        *("header-img", "top_img", "index_img", "images", "photos", "img", "photo", "feature", "og_image"),
    ),
    "enclosures": ("enclosure", "enclosures", "audio", "podcast"),
}
_ONLY_ABSOLUTE = frozenset({"permalink", "url"})  # elsewhere relative ones are addresses on the generator's own site
_TEMPLATE = re.compile(r"(?:^|/):[a-z_]+")  # Jekyll's and Hexo's /:year/:title/ is a pattern, the same for every post
_LONGEST_NUMBER = 15  # digits: a petabyte
_PICTURE_PARTS = ("path", "url", "src", "image", "feature", "teaser", "filename", "0")


def said(fields: Fields, dialect: Dialect) -> dict[str, Any]:
    """Return the arguments of `Draft` that front matter decides, as the document says them."""
    paths = dialects.categories(fields.first(*KEYS["categories"]), dialect)
    people = _people(fields.first(*KEYS["people"]))
    site = _site(people, paths, dialect)
    return {
        "title": fields.text(*KEYS["title"]),
        "published": fields.text(*KEYS["published"]),
        "updated": fields.text(*KEYS["updated"]),
        "link": _link(fields),
        "native_id": _native_id(fields),
        "summary": fields.text(*KEYS["summary"]),
        "people": () if site else people,
        "publisher": site or fields.text("publisher"),
        "categories": paths,
        "tags": dialects.tags(fields.first(*KEYS["tags"]), dialect),
        "language": fields.text(*KEYS["language"]),
        "image": _picture(fields),
        "enclosures": _enclosures(fields.first(*KEYS["enclosures"])),
        "is_draft": fields.says("draft", truth=True) or fields.says("published", truth=False),
    }


def _link(fields: Fields) -> str:
    for key in KEYS["link"]:
        found = fields.text(key)
        if found.lower().startswith(("http://", "https://")) or (found and key not in _ONLY_ABSOLUTE):
            return found
    return ""


def _native_id(fields: Fields) -> str:
    ids = (fields.text(key) for key in KEYS["native_id"])
    return next((found for found in ids if found and not _TEMPLATE.search(found)), "")


def _people(value: Value) -> tuple[Person, ...]:
    found = value if isinstance(value, list) else [value]
    return distinct([_someone(item) for item in found])


def _someone(value: Value) -> Person | None:
    if isinstance(value, str):
        return None if is_nothing(value) else person(value)
    if isinstance(value, dict):
        part = {key.lower(): text for key, text in value.items() if isinstance(text, str)}
        name = part.get("name") or part.get("nick") or part.get("display_name") or ""
        return person(
            name, email=part.get("email", ""), uri=part.get("url") or part.get("uri") or part.get("link") or ""
        )
    return None


def _site(people: tuple[Person, ...], paths: tuple[CategoryPath, ...], dialect: Dialect) -> str:
    """Return the site's name where the program that wrote the post put it as `author`, else ""."""
    if len(people) != 1:
        return ""
    name = people[0].name
    filed_under = any(dialects.path_of([name]) == (segment,) for path in paths for segment in path)
    return name if dialect == "machine" or (dialect == "hexo" and filed_under) else ""


def _picture(fields: Fields) -> str:
    for key in KEYS["image"]:
        found = _address(fields.first(key))
        if found:
            return found
    return ""


def _address(value: Value) -> str:
    if isinstance(value, dict):
        return next((a for a in (_address(value.get(part, "")) for part in _PICTURE_PARTS) if a), "")
    if isinstance(value, list):
        return _address(value[0]) if value else ""
    return "" if is_nothing(value) else value.strip()


def _enclosures(value: Value) -> tuple[Enclosure, ...]:
    found = value if isinstance(value, list) else [value]
    return tuple(e for e in map(_enclosure, found) if e)


def _enclosure(value: Value) -> Enclosure | None:
    if isinstance(value, str):
        return None if is_nothing(value) else _written_out(value)
    if isinstance(value, dict):
        part = {key.lower(): " ".join(strings(text)) for key, text in value.items()}
        url = part.get("url") or part.get("src") or part.get("href") or part.get("file") or ""
        kind = part.get("type") or part.get("mime") or ""
        size = length(part.get("length") or part.get("size") or "")
        return Enclosure(url=url, media_type=kind, length=size, title=part.get("title", "")) if url else None
    return None


def _written_out(text: str) -> Enclosure:
    """Read `URL`, or WordPress's three lines: URL, length, media type."""
    url, *rest = text.split()
    sizes = [part for part in rest if part.isdecimal()]
    kinds = [part for part in rest if "/" in part]
    return Enclosure(url=url, media_type=kinds[0] if kinds else "", length=length(sizes[0]) if sizes else None)


def length(text: str) -> int | None:
    """Return a number of bytes as announced, None when it is none."""
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else None
