"""Documents for the parsers' tests, and what is compared of a parse."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedsvc.model import Draft, RawDocument
from feedsvc.parsers import parse

if TYPE_CHECKING:
    from feedsvc.model import Parsed

GOLDENS = Path(__file__).parents[1] / "goldens" / "parsers"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
FETCHED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def raw(body: bytes | str, locator: str = "a.md", *, media_type: str = "", url: str = "") -> RawDocument:
    content = body.encode() if isinstance(body, str) else body
    return RawDocument(
        source="s", locator=locator, media_type=media_type, body=content, fingerprint="1", fetched_at=FETCHED, url=url
    )


def draft(body: bytes | str, locator: str = "a.md") -> Draft:
    (only,) = parse(raw(body, locator)).drafts
    return only


def feed(body: bytes | str, *, media_type: str = "") -> Parsed:
    return parse(raw(body, "https://feeds.example.org/f", media_type=media_type))


def rss(items: str) -> Parsed:
    return feed(f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>')


def shown(parsed: Parsed) -> dict[str, Any]:
    """Return all that a parse says and that is not the default, as JSON has it."""
    found: dict[str, Any] = {"drafts": [_said(one, "source", "fetched_at") for one in parsed.drafts]}
    if parsed.head:
        found["head"] = _said(parsed.head)
    return found | ({"repairs": list(parsed.repairs)} if parsed.repairs else {})


def _said(record: Any, *left_out: str) -> dict[str, Any]:
    values = {f.name: getattr(record, f.name) for f in fields(record) if f.name not in left_out}
    return {name: _plain(value) for name, value in values.items() if value not in ("", (), None, False)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return _said(value) if hasattr(value, "__dataclass_fields__") else value
